-- archive-swap: puts a small pointer in the place of an ended job's record, once the record is
-- durable in a segment. The pointer stands under the record's key and ends when it would have
-- ended, so that whoever asks whether the job is there gets the same answer as before.
--
-- A pointer holds a few fields as the record did, by which the scripts of jobs see that it has
-- ended and lists choose, and in `archived` the place: segment|offset|bytes of the record|bytes of
-- the result.
--
-- Called by: archive/archiver
-- KEYS: 1 job record, 2 result, 3 ended jobs of the shard
-- ARGV: 1 clock offset, 2 version that the segment holds, 3 place, 4 job as it stands in
--   the set of ended jobs
-- Returns: 'archived' | 'changed' | 'missing'
-- Repeated: 'archived' while the pointer holds the same place.
-- @include include/clock

local job = redis.call('HMGET', KEYS[1], 'version', 'finished', 'archived', 'schema', 'state',
  'fence', 'created', 'model')
if not job[1] then
  redis.call('ZREM', KEYS[3], ARGV[4])
  return 'missing'
end
if job[3] then
  redis.call('ZREM', KEYS[3], ARGV[4])
  return job[3] == ARGV[3] and 'archived' or 'changed'
end
-- A late answer may have added its cost since the record was read: then it is read again.
if job[1] ~= ARGV[2] or not job[2] then return 'changed' end
local left = redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('HSET', KEYS[1], 'schema', job[4], 'state', job[5], 'fence', job[6], 'version', job[1],
  'created', job[7], 'model', job[8], 'archived', ARGV[3])
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
redis.call('ZREM', KEYS[3], ARGV[4])
return 'archived'
