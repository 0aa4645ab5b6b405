-- postpone: sets the next check of a job, unless somebody else has set another one since the
-- caller looked: a claim that came in between must be checked when its lease ends, not later.
--
-- Called by: dispatch/due-sweeper
-- KEYS: 1 due set of the shard
-- ARGV: 1 clock offset, 2 job, 3 check time that the caller saw, 4 new check time
-- Returns: 1 if it was set, else 0
-- Repeated: 0, because the time that the caller saw is no longer there.
-- @include include/lane

local due = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not due or tonumber(due) ~= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[4], ARGV[2])
return 1
