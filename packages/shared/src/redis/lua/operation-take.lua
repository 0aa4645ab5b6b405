-- operation-take: gives an open operation that nobody works on to the caller, for a while.
--
-- Called by: admin/operations/operation-runner
-- KEYS: 1 open operations
-- ARGV: 1 clock offset, 2 ms that it is the caller's
-- Returns: the operation's id, '' if there is none
-- Repeated: may give out another one; the first comes up again when its time is over.
-- @include include/clock

local now = now_ms()
local id = redis.call('ZRANGE', KEYS[1], '-inf', int(now), 'BYSCORE', 'LIMIT', 0, 1)[1]
if not id then return '' end
redis.call('ZADD', KEYS[1], int(now + tonumber(ARGV[2])), id)
return id
