-- lane-take: moves tickets from the backlog into free window places, fairly.
--
-- Between classes: the most urgent class goes first, but every class with waiting work earns its
-- published minimum share of each place; once it has earned a whole place it gets one, marked
-- guaranteed, so that strict order inside BullMQ cannot starve it.
-- Between tenants of a class: deficit round robin (Shreedhar and Varghese, 1995), in units of
-- reserved tokens. Inside a tenant: priority, then deadline.
--
-- Called by: dispatch/feeder
-- KEYS: 1 window, 2 rate, 3 credits of the classes, 4 this call's handout
-- ARGV: 1 clock offset, 2 backlog prefix, 3 base of the window, 4 limit, 5 quantum in units,
--   6... class, minimum share, class, minimum share (most urgent first)
-- Returns: flat list: ticket, tenant, priority, '1' if guaranteed, ...
-- Repeated: the same token (in KEYS[4]) gives the same list for a minute.
-- @include include/lane

local given = redis.call('GET', KEYS[4])
if given then return cjson.decode(given) end
local now = now_ms()
local free = window_size(KEYS[2], tonumber(ARGV[3]), now) - redis.call('ZCARD', KEYS[1])
local taken = {}

local function waits(class)
  return redis.call('LLEN', ring_key(ARGV[2], class)) > 0
end

-- Chooses the class of the next place, and whether it is a guaranteed one.
local function choose_class()
  local first, owed, most = nil, nil, 0
  for i = 6, #ARGV, 2 do
    local class = ARGV[i]
    if waits(class) then
      first = first or class
      local credit = tonumber(redis.call('HINCRBYFLOAT', KEYS[3], class, ARGV[i + 1]))
      if credit >= 1 and credit > most then owed, most = class, credit end
    else
      redis.call('HDEL', KEYS[3], class)
    end
  end
  local class = owed or first
  if class then
    local credit = tonumber(redis.call('HGET', KEYS[3], class) or '0')
    redis.call('HSET', KEYS[3], class, tostring(math.max(0, credit - 1)))
  end
  return class, owed ~= nil and owed ~= first
end

-- Chooses the next ticket of a class. The turn passes on until somebody's deficit pays for their
-- ticket; after 256 turns the one whose turn it is goes anyway, so that the script stays short.
local function choose_ticket(class)
  local ring, deficits = ring_key(ARGV[2], class), deficit_key(ARGV[2], class)
  for turn = 1, 256 do
    local tenant = redis.call('LINDEX', ring, 0)
    local head = redis.call('ZRANGE', queue_key(ARGV[2], class, tenant), 0, 0)[1]
    local entry = parse_ticket(redis.call('HGET', tickets_key(ARGV[2]), head))
    local deficit = tonumber(redis.call('HGET', deficits, tenant) or '0')
    if deficit >= entry.units or turn == 256 or redis.call('LLEN', ring) == 1 then
      redis.call('HSET', deficits, tenant, int(math.max(0, deficit - entry.units)))
      return head, entry
    end
    redis.call('HINCRBY', deficits, tenant, ARGV[5])
    redis.call('LMOVE', ring, ring, 'LEFT', 'RIGHT')
  end
end

for _ = 1, math.min(free, tonumber(ARGV[4])) do
  local class, guaranteed = choose_class()
  if not class then break end
  local ticket, entry = choose_ticket(class)
  drop_from_backlog(ARGV[2], ticket)
  enter_window(KEYS[1], ticket, entry.tenant, now)
  for _, part in ipairs({ ticket, entry.tenant, entry.priority, guaranteed and '1' or '0' }) do
    taken[#taken + 1] = part
  end
end
if #taken > 0 then redis.call('SET', KEYS[4], cjson.encode(taken), 'EX', 60) end
return taken
