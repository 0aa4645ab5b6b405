-- lane-offer: gives a ticket its place: straight into the window when nobody waits and the window
-- has room, else into the backlog.
--
-- Called by: tickets/place-ticket
-- KEYS: 1 window, 2 rate
-- ARGV: 1 clock offset, 2 backlog prefix, 3 ticket, 4 class, 5 tenant, 6 priority, 7 deadline,
--   8 units (reserved tokens), 9 base of the window
-- Returns: 'window' | 'backlog'
-- Repeated: says where the ticket stands.
-- @include include/lane

local now = now_ms()
if redis.call('ZSCORE', KEYS[1], ARGV[3]) then return 'window' end
local tickets = tickets_key(ARGV[2])
local waits = redis.call('HEXISTS', tickets, ARGV[3]) == 1
if waits then return 'backlog' end

local size = window_size(KEYS[2], tonumber(ARGV[9]), now)
if redis.call('HLEN', tickets) == 0 and redis.call('ZCARD', KEYS[1]) < size then
  enter_window(KEYS[1], ARGV[3], ARGV[5], now)
  return 'window'
end
local queue = queue_key(ARGV[2], ARGV[4], ARGV[5])
if redis.call('EXISTS', queue) == 0 then
  redis.call('RPUSH', ring_key(ARGV[2], ARGV[4]), ARGV[5])
end
-- Priority first, then deadline: 1e13 ms is the year 2286, so the two never mix.
redis.call('ZADD', queue, int(tonumber(ARGV[6]) * 1e13 + tonumber(ARGV[7])), ARGV[3])
redis.call('HSET', tickets, ARGV[3],
  ARGV[4] .. '|' .. ARGV[5] .. '|' .. ARGV[6] .. '|' .. ARGV[8])
return 'backlog'
