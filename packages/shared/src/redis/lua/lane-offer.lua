-- lane-offer: gives tickets their places, in order: straight into the window when nobody waits and
-- the window has room, else into the backlog.
--
-- Called by: tickets/place-ticket
-- KEYS: 1 window, 2 rate
-- ARGV: 1 clock offset, 2 backlog prefix, 3 base of the window, 4... ticket, its text, deadline,
--   ticket, its text, deadline (the text as include/lane says)
-- Returns: list of 'window' | 'backlog', in the order of the tickets
-- Repeated: says where the tickets stand.
-- @include include/lane

local now = now_ms()
local tickets = tickets_key(ARGV[2])
local waiting = redis.call('HLEN', tickets)
local free = window_size(KEYS[2], tonumber(ARGV[3]), now) - redis.call('ZCARD', KEYS[1])

local function place(ticket, text, deadline)
  if redis.call('ZSCORE', KEYS[1], ticket) then return 'window' end
  local entry = parse_ticket(text)
  if waiting == 0 and free > 0 then
    enter_window(KEYS[1], ticket, entry, now)
    free = free - 1
    return 'window'
  end
  if redis.call('HSETNX', tickets, ticket, text) == 0 then return 'backlog' end
  waiting = waiting + 1
  count_ticket(counts_key(ARGV[2]), entry.class, 1)
  local queue = queue_key(ARGV[2], entry.class, entry.tenant)
  -- Priority first, then deadline: 1e13 ms is the year 2286, so the two never mix.
  redis.call('ZADD', queue, int(tonumber(entry.priority) * 1e13 + tonumber(deadline)), ticket)
  if redis.call('ZCARD', queue) == 1 then
    redis.call('RPUSH', ring_key(ARGV[2], entry.class), entry.tenant)
  end
  return 'backlog'
end

local places = {}
for i = 4, #ARGV, 3 do
  places[#places + 1] = place(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
return places
