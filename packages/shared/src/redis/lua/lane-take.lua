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
-- Returns: flat list: ticket, '1' if guaranteed, its text, ...
-- Repeated: the same token (in KEYS[4]) gives the same list for a minute.
-- @include include/lane

local given = redis.call('GET', KEYS[4])
if given then return cjson.decode(given) end
local now = now_ms()
local free = window_size(KEYS[2], tonumber(ARGV[3]), now) - redis.call('ZCARD', KEYS[1])
local places = math.min(free, tonumber(ARGV[4]))
if places <= 0 or redis.call('EXISTS', tickets_key(ARGV[2])) == 0 then return {} end

-- Credits are read once and written once; in between they live here.
local classes = {}
for i = 6, #ARGV, 2 do
  classes[#classes + 1] = {
    name = ARGV[i],
    share = tonumber(ARGV[i + 1]),
    credit = tonumber(redis.call('HGET', KEYS[3], ARGV[i]) or '0'),
    waits = redis.call('EXISTS', ring_key(ARGV[2], ARGV[i])) == 1,
  }
end

-- Chooses the class of the next place, and whether it is a guaranteed one.
local function choose_class()
  local first, owed = nil, nil
  for _, class in ipairs(classes) do
    if class.waits then
      first = first or class
      class.credit = class.credit + class.share
      if class.credit >= 1 and (not owed or class.credit > owed.credit) then owed = class end
    else
      class.credit = 0
    end
  end
  local class = owed or first
  if class then class.credit = math.max(0, class.credit - 1) end
  return class, owed ~= nil and owed ~= first
end

-- Chooses the next ticket of a class. The turn passes on until somebody's deficit pays for their
-- ticket; after 256 turns the one whose turn it is goes anyway, so that the script stays short.
local function choose_ticket(class)
  local ring, deficits = ring_key(ARGV[2], class.name), deficit_key(ARGV[2], class.name)
  local alone = redis.call('LLEN', ring) == 1
  for turn = 1, 256 do
    local tenant = redis.call('LINDEX', ring, 0)
    local head = redis.call('ZRANGE', queue_key(ARGV[2], class.name, tenant), 0, 0)[1]
    local text = redis.call('HGET', tickets_key(ARGV[2]), head)
    local entry = parse_ticket(text)
    -- A deficit decides between tenants only.
    if alone then return head, entry, text end
    local deficit = tonumber(redis.call('HGET', deficits, tenant) or '0')
    if deficit >= entry.units or turn == 256 then
      redis.call('HSET', deficits, tenant, int(math.max(0, deficit - entry.units)))
      return head, entry, text
    end
    redis.call('HINCRBY', deficits, tenant, ARGV[5])
    redis.call('LMOVE', ring, ring, 'LEFT', 'RIGHT')
  end
end

local taken = {}
for _ = 1, places do
  local class, guaranteed = choose_class()
  if not class then break end
  local ticket, entry, text = choose_ticket(class)
  drop_entry(ARGV[2], ticket, entry)
  class.waits = redis.call('EXISTS', ring_key(ARGV[2], class.name)) == 1
  enter_window(KEYS[1], ticket, entry, now)
  for _, part in ipairs({ ticket, guaranteed and '1' or '0', text }) do
    taken[#taken + 1] = part
  end
end
for _, class in ipairs(classes) do
  redis.call('HSET', KEYS[3], class.name, string.format('%.6f', class.credit))
end
redis.call('SET', KEYS[4], cjson.encode(taken), 'EX', 60)
return taken
