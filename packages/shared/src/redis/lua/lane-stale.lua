-- lane-stale: window places that were taken a while ago; each should still have its BullMQ entry.
-- What is listed is stamped anew, so that the next look goes on with others.
--
-- Called by: dispatch/window-sweeper, dispatch/closed-lanes
-- KEYS: 1 window
-- ARGV: 1 clock offset, 2 age in ms, 3 limit
-- Returns: flat list, oldest first: ticket, tenant, ...
-- Repeated: may list others; what was missed comes again one age later.
-- @include include/lane

local now = now_ms()
local tickets = redis.call('ZRANGE', KEYS[1], '-inf', int(now - tonumber(ARGV[2])), 'BYSCORE',
  'LIMIT', 0, ARGV[3])
local places = {}
for _, ticket in ipairs(tickets) do
  redis.call('ZADD', KEYS[1], int(now), ticket)
  places[#places + 1] = ticket
  places[#places + 1] = tenant_in_window(KEYS[1], ticket)
end
return places
