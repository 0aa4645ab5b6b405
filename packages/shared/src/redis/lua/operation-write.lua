-- operation-write: makes or changes an operation, if it stands as the caller saw it. One that runs
-- stands in the open set by the time until which somebody works on it; one that is over is kept
-- for a while and then forgotten.
--
-- Called by: admin/operations/run-operation, admin/operation-routes
-- KEYS: 1 operation, 2 all operations by their making, 3 open operations
-- ARGV: 1 clock offset, 2 id, 3 version it must have ('' if it must be new), 4 version it gets,
--   5 JSON, 6 making in ms, 7 ms that it stays with who works on it ('' to leave that as it is,
--   'over' when it has ended), 8 open operations that there may be, 9 ms that an ended one is kept
-- Returns: 'written' | 'conflict' | 'full'
-- Repeated: 'written'.
-- @include include/clock

local now = now_ms()
local stored = redis.call('HMGET', KEYS[1], 'version', 'json')
if stored[2] == ARGV[5] then return 'written' end
if (stored[1] or '') ~= ARGV[3] then return 'conflict' end
if ARGV[3] == '' then
  if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[8]) then return 'full' end
  redis.call('ZADD', KEYS[2], ARGV[6], ARGV[2])
  redis.call('ZADD', KEYS[3], int(now), ARGV[2])
end
redis.call('HSET', KEYS[1], 'version', ARGV[4], 'json', ARGV[5])
if ARGV[7] == 'over' then
  redis.call('ZREM', KEYS[3], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[9])
elseif ARGV[7] ~= '' then
  redis.call('ZADD', KEYS[3], 'XX', int(now + tonumber(ARGV[7])), ARGV[2])
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', int(now - 2 * tonumber(ARGV[9])))
return 'written'
