-- lane-stop: takes a deployment out for a while: its credentials or its quota are refused, so
-- every call would fail. It is tried again afterwards, so that a mended key needs no restart.
--
-- Called by: dispatch/ease-lane
-- KEYS: 1 stops
-- ARGV: 1 clock offset, 2 deployment, 3 ms
-- Returns: 1 if it was not stopped before, else 0
-- Repeated: 0, and the stop is as long as the first time.
-- @include include/lane

local now = now_ms()
local held = tonumber(redis.call('HGET', KEYS[1], ARGV[2]) or '0')
if held > now then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], int(now + tonumber(ARGV[3])))
return 1
