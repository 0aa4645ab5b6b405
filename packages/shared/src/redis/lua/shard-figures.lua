-- shard-figures: what a shard has counted and what waits in it, at one instant, so that what was
-- admitted is what has ended and what lives (P25).
--
-- Called by: metrics/store-sampler
-- KEYS: 1 totals of the shard, 2 due set of the shard, 3 webhook endpoints by their earliest event
-- ARGV: 1 clock offset, 2... names of totals
-- Returns: {admitted, live, overdue, ms that the first of these is late, endpoints, ms that the
--   first of these is late, each of the totals...}
-- Repeated: looks again.
-- @include include/clock

local now = now_ms()
local function late_ms(key)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  return int(math.max(0, now - tonumber(first or now)))
end

local figures = {
  redis.call('HGET', KEYS[1], 'admitted') or '0',
  redis.call('ZCARD', KEYS[2]),
  redis.call('ZCOUNT', KEYS[2], '-inf', int(now)),
  late_ms(KEYS[2]),
  redis.call('ZCARD', KEYS[3]),
  late_ms(KEYS[3]),
}
for i = 2, #ARGV do
  figures[#figures + 1] = redis.call('HGET', KEYS[1], ARGV[i]) or '0'
end
return figures
