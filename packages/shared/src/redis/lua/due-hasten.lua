-- due-hasten: brings the next check of jobs forward whose tickets are on their way to a worker:
-- there a ticket can be lost, which must be noticed sooner than in the backlog. Checks that come
-- sooner anyway, deadlines among them, stay, and so do jobs that have left the set.
--
-- Called by: dispatch/feeder
-- KEYS: 1 due set of the shard
-- ARGV: 1 clock offset, 2 ms until the check at the latest, 3... jobs
-- Returns: 1
-- Repeated: changes nothing that matters; a check only comes sooner.
-- @include include/clock

local check = int(now_ms() + tonumber(ARGV[2]))
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], 'XX', 'LT', check, ARGV[i]) end
return 1
