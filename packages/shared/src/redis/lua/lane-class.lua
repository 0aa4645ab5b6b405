-- lane-class: tickets of one class in the window and in the backlog, oldest job first. Bounded: of
-- the backlog the first hundred tenants are looked at, and two thousand tickets of them.
--
-- Called by: dispatch/promoter
-- KEYS: 1 window
-- ARGV: 1 clock offset, 2 backlog prefix, 3 class, 4 how many to leave out, 5 limit
-- Returns: flat list: ticket, tenant, ...
-- Repeated: looks again.
-- @include include/lane

local class, from, limit = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local found = {}
local in_window = redis.call('HGETALL', KEYS[1] .. ':tenants')
for i = 1, #in_window, 2 do
  local tenant, own = string.match(in_window[i + 1], '^([^|]*)|?(.*)$')
  if own == class then found[#found + 1] = { in_window[i], tenant } end
end
local tenants = redis.call('LRANGE', ring_key(ARGV[2], class), 0, 99)
local each = math.min(from + limit, math.floor(2000 / math.max(1, #tenants)))
for _, tenant in ipairs(tenants) do
  local queue = queue_key(ARGV[2], class, tenant)
  for _, ticket in ipairs(redis.call('ZRANGE', queue, 0, each - 1)) do
    found[#found + 1] = { ticket, tenant }
  end
end
-- Ids begin with the time at which they were made, so the smallest is the oldest.
table.sort(found, function(left, right) return left[1] < right[1] end)
local listed = {}
for i = from + 1, math.min(#found, from + limit) do
  listed[#listed + 1] = found[i][1]
  listed[#listed + 1] = found[i][2]
end
return listed
