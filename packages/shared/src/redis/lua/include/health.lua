-- How the calls of each deployment ended lately. All under one prefix, on the model's slot:
--   <prefix>:<deployment>        hash: the newest slot, mean service time, state of the breaker
--   <prefix>:<deployment>:<0-7>  hashes, a ring of slots: `at`, `n` calls, failures by class, and
--                                three histograms of answers (f first byte, t total, o for each
--                                output token), a field for each bucket that was met
-- Bounded: each slot has one field for each class and bucket at most (domain/latency-buckets), and
-- the ring eight slots. A slot takes calls for half a second, where they are rare for longer, so
-- that the newest few slots say how the deployment does now.

local slots_max = 8
local slot_ms, slot_calls_min, slot_ms_max = 500, 4, 15000
local figures_keep_ms = 60000
local day_ms = 86400000

local function health_key(prefix, id) return prefix .. ':' .. id end
local function slot_key(health, number) return health .. ':' .. int(number % slots_max) end

local health_fields = { 'slot', 'slot_at', 'service_ms', 'level', 'state', 'since', 'opens',
  'fails', 'probe', 'ramp_ms', 'shut_until', 'half', 'calls', 'bad', 'calls_before', 'bad_before' }

-- What the end of a call is judged by, in one look; texts and false for what is not there.
local function read_health(health)
  local values = redis.call('HMGET', health, unpack(health_fields))
  local h = {}
  for i, name in ipairs(health_fields) do h[name] = values[i] end
  return h
end

-- It goes a day after the last call; what stands there for longer has a longer time already.
local function keep_health(health)
  if redis.call('PTTL', health) < day_ms then redis.call('PEXPIRE', health, day_ms) end
end

-- The slot for a call that ends now.
local function slot_for(health, h, now)
  local number = h.slot and tonumber(h.slot)
  if number then
    local age = now - tonumber(h.slot_at)
    local key = slot_key(health, number)
    if age < slot_ms then return key end
    local calls = tonumber(redis.call('HGET', key, 'n') or slot_calls_min)
    if calls < slot_calls_min and age < slot_ms_max then return key end
  end
  number = (number or -1) + 1
  local key = slot_key(health, number)
  redis.call('DEL', key)
  redis.call('HSET', key, 'at', int(now))
  redis.call('PEXPIRE', key, figures_keep_ms + slot_ms_max)
  redis.call('HSET', health, 'slot', int(number), 'slot_at', int(now))
  keep_health(health)
  return key
end

-- Counts a call that is over.
-- call: `failure` (its class, '' for an answer), `first_byte`, `total` and `per_token` (numbers of
--   buckets, '' for what is not known)
local function count_call(key, call)
  local fields = { 'n' }
  if call.failure ~= '' then fields[#fields + 1] = 'e:' .. call.failure end
  if call.first_byte ~= '' then fields[#fields + 1] = 'f' .. call.first_byte end
  if call.total ~= '' then fields[#fields + 1] = 't' .. call.total end
  if call.per_token ~= '' then fields[#fields + 1] = 'o' .. call.per_token end
  local counts, written = redis.call('HMGET', key, unpack(fields)), {}
  for i, field in ipairs(fields) do
    written[2 * i - 1], written[2 * i] = field, int(tonumber(counts[i] or '0') + 1)
  end
  redis.call('HSET', key, unpack(written))
end

-- The newest slots, newest first: as many as hold enough calls. Few, so that a change of the
-- service shows within seconds also where it makes calls rare; enough that one odd call does not
-- move the median. Each as one text, 'field count field count ...': as lists of texts they were
-- most of what looking at many lanes costs.
local calls_enough = 12

local function newest_slots(health, now)
  local number = tonumber(redis.call('HGET', health, 'slot') or '-1')
  local slots, calls = {}, 0
  for older = 0, math.min(slots_max - 1, number) do
    local key = slot_key(health, number - older)
    local began, count = unpack(redis.call('HMGET', key, 'at', 'n'))
    if calls >= calls_enough or not began or tonumber(began) < now - figures_keep_ms then break end
    slots[#slots + 1] = table.concat(redis.call('HGETALL', key), ' ')
    calls = calls + tonumber(count or '0')
  end
  return slots
end
