-- archive-restore: brings an archived record back, for the one change that an ended job can still
-- get: the true cost of an attempt that was given up. It is archived again like any ended job.
--
-- Called by: redis/job-store
-- KEYS: 1 job record, 2 result, 3 ended jobs of the shard
-- ARGV: 1 clock offset, 2 place that the pointer must hold, 3 job as it stands in the set of ended
--   jobs, 4 '1' if there is a result, 5 result, 6... field, value, field, value
-- Returns: 1 if the record was brought back, else 0
-- Repeated: 0, because the pointer is no longer there.
-- @include include/clock

if redis.call('HGET', KEYS[1], 'archived') ~= ARGV[2] then return 0 end
local left = redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1])
-- One by one: a job that was often handed back has more fields than a call takes arguments.
for index = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
if ARGV[4] == '1' then redis.call('SET', KEYS[2], ARGV[5]) end
if left > 0 then
  redis.call('PEXPIRE', KEYS[1], left)
  redis.call('PEXPIRE', KEYS[2], left)
end
redis.call('ZADD', KEYS[3], int(now_ms()), ARGV[3])
return 1
