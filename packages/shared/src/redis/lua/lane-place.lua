-- lane-place: where a ticket stands and about how many will start before it.
--
-- Called by: intake/read-job, dispatch/due-sweeper
-- KEYS: 1 window
-- ARGV: 1 clock offset, 2 backlog prefix, 3 ticket, 4... classes, most urgent first
-- Returns: {'window' | 'backlog' | 'none', tickets ahead}
-- Repeated: looks again.
-- @include include/lane

local prefix, ticket = ARGV[2], ARGV[3]
if redis.call('ZSCORE', KEYS[1], ticket) then
  return { 'window', redis.call('ZRANK', KEYS[1], ticket) }
end
local text = redis.call('HGET', tickets_key(prefix), ticket)
if not text then return { 'none', 0 } end
local entry = parse_ticket(text)
local ahead = redis.call('ZCARD', KEYS[1])
for i = 4, #ARGV do
  local class = ARGV[i]
  local own = class == entry.class
  -- Only the first hundred tenants are counted one by one: the figure is a hint, its cost is not.
  local tenants = redis.call('LRANGE', ring_key(prefix, class), 0, 99)
  local rank = own and redis.call('ZRANK', queue_key(prefix, class, entry.tenant), ticket) or 0
  for _, tenant in ipairs(tenants) do
    local waiting = redis.call('ZCARD', queue_key(prefix, class, tenant))
    -- Tenants of the own class take turns with this one, so each is ahead by its rank at most.
    ahead = ahead + (own and math.min(waiting, tenant == entry.tenant and rank or rank + 1)
      or waiting)
  end
  if own then break end
end
return { 'backlog', ahead }
