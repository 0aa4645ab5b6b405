-- lane-class: tickets of one class in the window and in the backlog, oldest job first. Bounded: of
-- the backlog the first hundred tenants are looked at, and five hundred tickets of them, which they
-- share: who has fewer leaves the rest to others. The queues of tenants go by priority and
-- deadline, so all that are looked at are sorted, not only as many as are listed; that is what it
-- costs, so whoever wants more of them asks once.
--
-- Called by: dispatch/promoter
-- KEYS: 1 window
-- ARGV: 1 clock offset, 2 backlog prefix, 3 class, 4 how many to leave out, 5 limit
-- Returns: flat list: ticket, tenant, ...
-- Repeated: looks again.
-- @include include/lane

local class, from, limit = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local tickets_max = 500
local found, tenant_of = {}, {}
local in_window = redis.call('HGETALL', KEYS[1] .. ':tenants')
for i = 1, #in_window, 2 do
  local tenant, own = string.match(in_window[i + 1], '^([^|]*)|?(.*)$')
  if own == class then
    found[#found + 1] = in_window[i]
    tenant_of[in_window[i]] = tenant
  end
end
local queues = {}
for i, tenant in ipairs(redis.call('LRANGE', ring_key(ARGV[2], class), 0, 99)) do
  local key = queue_key(ARGV[2], class, tenant)
  queues[i] = { tenant = tenant, key = key, size = redis.call('ZCARD', key) }
end
table.sort(queues, function(left, right) return left.size < right.size end)
local left_over = tickets_max
for i, queue in ipairs(queues) do
  local share = math.min(queue.size, math.floor(left_over / (#queues - i + 1)))
  left_over = left_over - share
  local tickets = share > 0 and redis.call('ZRANGE', queue.key, 0, share - 1) or {}
  for _, ticket in ipairs(tickets) do
    found[#found + 1] = ticket
    tenant_of[ticket] = queue.tenant
  end
end
-- Ids begin with the time at which they were made, so the smallest is the oldest.
table.sort(found)
local listed = {}
for i = from + 1, math.min(#found, from + limit) do
  listed[#listed + 1] = found[i]
  listed[#listed + 1] = tenant_of[found[i]]
end
return listed
