-- lane-place: where a ticket stands and about how many will start before it: those of more urgent
-- classes wherever they wait, and those of its own that came before.
--
-- Called by: intake/read-job, dispatch/due-sweeper
-- KEYS: 1 window
-- ARGV: 1 clock offset, 2 backlog prefix, 3 ticket, 4... classes, most urgent first
-- Returns: {'window' | 'backlog' | 'none', tickets ahead, those of more urgent classes among them}
-- Repeated: looks again.
-- @include include/lane

local prefix, ticket = ARGV[2], ARGV[3]

local function in_window(class)
  return tonumber(redis.call('HGET', KEYS[1] .. ':classes', class) or '0')
end

local function more_urgent(class)
  local count = 0
  for i = 4, #ARGV do
    if ARGV[i] == class then break end
    count = count + in_window(ARGV[i])
      + tonumber(redis.call('HGET', counts_key(prefix), ARGV[i]) or '0')
  end
  return count
end

-- Of the own class in the backlog; tenants take turns, so each is ahead by the own rank at most.
local function before_in_backlog(entry)
  local own = redis.call('ZRANK', queue_key(prefix, entry.class, entry.tenant), ticket) or 0
  local count = own
  -- Only the first hundred tenants are counted one by one: the figure is a hint, its cost is not.
  for _, tenant in ipairs(redis.call('LRANGE', ring_key(prefix, entry.class), 0, 99)) do
    if tenant ~= entry.tenant then
      local waiting = redis.call('ZCARD', queue_key(prefix, entry.class, tenant))
      count = count + math.min(waiting, own + 1)
    end
  end
  return count
end

local rank = redis.call('ZRANK', KEYS[1], ticket)
if rank then
  local _, class = tenant_in_window(KEYS[1], ticket)
  -- An earlier version did not write the class down.
  if class == '' then return { 'window', rank, 0 } end
  local more = more_urgent(class)
  return { 'window', more + math.min(rank, math.max(0, in_window(class) - 1)), more }
end
local text = redis.call('HGET', tickets_key(prefix), ticket)
if not text then return { 'none', 0, 0 } end
local entry = parse_ticket(text)
local more = more_urgent(entry.class)
return { 'backlog', more + in_window(entry.class) + before_in_backlog(entry), more }
