-- endpoint-replay: makes events of a registered endpoint due once more, from its list of events. A
-- hold of the endpoint ends: somebody says that it is worth a try.
--
-- Called by: intake/webhooks/replay-events
-- KEYS: 1 endpoints of the tenant, 2 endpoints of the shard by their earliest event, 3 this call's
--   handout
-- ARGV: 1 clock offset, 2 endpoint, 3 first number, 4 last number ('+' for the newest), 5 at most
--   so many, 6 id that the only event must have ('' for any), 7 name of this run
-- Returns: {number of events, last number ('0' without one), '1' if there are more}
-- Repeated: the same run (in KEYS[3]) gives the same answer for a minute.
-- @include include/hooks

local given = redis.call('GET', KEYS[3])
if given then return cjson.decode(given) end
local now = now_ms()
local prefix = endpoint_prefix(KEYS[2], ARGV[2])
local limit = tonumber(ARGV[5])

-- An event in flight is on its way already; one that waits is due now; one that is over comes back.
-- The run tells its attempts from those of before, whose records may still be on their way.
local function bring_back(id, text)
  if redis.call('ZSCORE', prefix .. ':in-flight', id) then return end
  if redis.call('HEXISTS', prefix .. ':events', id) == 0 then
    local event = cjson.decode(text)
    event.run = ARGV[7]
    redis.call('HSET', prefix .. ':events', id, cjson.encode(event))
  end
  redis.call('ZADD', prefix .. ':queue', int(now), id)
end

local last = ARGV[4] == '+' and '+' or ARGV[4] .. '-0'
local entries = {}
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 1 then
  entries = redis.call('XRANGE', prefix .. ':log', ARGV[3] .. '-0', last, 'COUNT', limit + 1)
end
local count, newest = 0, '0'
for i, entry in ipairs(entries) do
  local id = entry[2][2]
  if i <= limit and (ARGV[6] == '' or ARGV[6] == id) then
    bring_back(id, entry[2][4])
    count, newest = count + 1, string.match(entry[1], '^%d+')
  end
end
if count > 0 then
  if redis.call('HEXISTS', prefix .. ':health', 'hold_until') == 1 then
    redis.call('HSET', prefix .. ':health', 'hold_until', int(now))
  end
  redis.call('ZADD', KEYS[2], 'LT', int(now), ARGV[2])
end
local answer = { int(count), newest, #entries > limit and '1' or '0' }
redis.call('SET', KEYS[3], cjson.encode(answer), 'EX', 60)
return answer
