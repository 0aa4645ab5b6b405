-- lane-pause: no call starts on a deployment for a while; of two pauses the later end holds.
--
-- Called by: dispatch/ease-lane
-- KEYS: 1 pauses
-- ARGV: 1 clock offset, 2 deployment, 3 ms
-- Returns: when the pause ends
-- Repeated: prolongs by the time since the first call.
-- @include include/lane

local held = tonumber(redis.call('HGET', KEYS[1], ARGV[2]) or '0')
local until_ms = math.max(held, now_ms() + tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], ARGV[2], int(until_ms))
return int(until_ms)
