-- renew: prolongs the lease of a claim. A refusal means that the job has moved on (S7).
--
-- Moves: none
-- Called by: execution/watch-lease
-- KEYS: 1 job record, 2 due set of the shard
-- ARGV: 1 clock offset, 2 channel, 3 fence, 4 claim token, 5 lease in ms
-- Returns: {'renewed', '1' if a cancel was asked for, else '0', ms until the deadline} |
--   {'conflict', state, fence} | {'missing'}
-- Repeated: renews again.
-- @include include/job

local now = now_ms()
local job = redis.call('HMGET', KEYS[1], 'state', 'fence', 'claim_token', 'ref', 'deadline')
if not job[1] then return { 'missing' } end
if job[2] ~= ARGV[3] or job[3] ~= ARGV[4] or (job[1] ~= 'running' and job[1] ~= 'cancelling') then
  return conflict(job[1], job[2])
end
local lease_until = int(now + tonumber(ARGV[5]))
redis.call('HSET', KEYS[1], 'lease_until', lease_until)
redis.call('ZADD', KEYS[2], lease_until, job[4])
return { 'renewed', job[1] == 'cancelling' and '1' or '0', int(tonumber(job[5]) - now) }
