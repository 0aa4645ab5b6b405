-- lane-waiting: some of the tickets that wait in the backlog, chosen at random, so that several
-- dispatchers working through a dead pool's backlog seldom meet.
--
-- Called by: dispatch/closed-lanes
-- KEYS: 1 tickets of the backlog
-- ARGV: 1 clock offset, 2 limit
-- Returns: flat list: ticket, tenant, ...
-- Repeated: lists others.
-- @include include/lane

local found = redis.call('HRANDFIELD', KEYS[1], ARGV[2], 'WITHVALUES')
local places = {}
for i = 1, #found, 2 do
  places[#places + 1] = found[i]
  places[#places + 1] = parse_ticket(found[i + 1]).tenant
end
return places
