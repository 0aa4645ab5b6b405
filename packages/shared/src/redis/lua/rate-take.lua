-- rate-take: counts a request of an API key, if fewer than its limit came within the last window.
-- Each request stands in a sorted set until it leaves the window: so no window, wherever it begins,
-- holds more than the limit, over all processes.
--
-- Called by: http/limit-requests
-- KEYS: 1 requests of the key
-- ARGV: 1 clock offset, 2 name of the request, 3 limit, 4 window in ms
-- Returns: {'taken' | 'refused', how many more may come now, ms until one more may, ms until all
--   may}
-- Repeated: by name, 'taken', and it counts once.
-- @include include/clock

local now = now_ms()
local limit, window = tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', int(now - window))
local count = redis.call('ZCARD', KEYS[1])
local taken = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not taken and count < limit then
  redis.call('ZADD', KEYS[1], int(now), ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  count, taken = count + 1, true
end
local function leaves_in(index)
  local entry = redis.call('ZRANGE', KEYS[1], index, index, 'WITHSCORES')
  return entry[2] and int(math.max(0, tonumber(entry[2]) + window - now)) or '0'
end
return { taken and 'taken' or 'refused', int(math.max(0, limit - count)), leaves_in(0),
  leaves_in(-1) }
