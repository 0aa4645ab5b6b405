-- outbox-take: hands out due events, at most a few in flight for each endpoint, so that one dead
-- endpoint holds nobody else up. An endpoint on hold gets nothing; one whose hold is over gets one
-- event at a time until one has been delivered.
--
-- Called by: webhooks/relay
-- KEYS: 1 endpoints by their earliest due event, 2 this call's handout
-- ARGV: 1 clock offset, 2 prefix of the endpoints' keys, 3 limit, 4 in flight per endpoint,
--   5 ms after which an event in flight counts as lost
-- Returns: flat list: endpoint, event id, ...
-- Repeated: the same token (in KEYS[2]) gives the same list for a minute.
-- @include include/clock

local given = redis.call('GET', KEYS[2])
if given then return cjson.decode(given) end
local now = now_ms()
local taken = {}

local function hand_out(endpoint, places)
  local queue = ARGV[2] .. ':' .. endpoint .. ':queue'
  local in_flight = ARGV[2] .. ':' .. endpoint .. ':in-flight'
  local lost_at = int(now + tonumber(ARGV[5]))
  redis.call('ZREMRANGEBYSCORE', in_flight, '-inf', int(now))
  local free = math.max(0, places - redis.call('ZCARD', in_flight))
  local due = redis.call('ZRANGE', queue, '-inf', int(now), 'BYSCORE', 'LIMIT', 0, free)
  for _, event in ipairs(due) do
    -- In flight it is due again when it would count as lost.
    redis.call('ZADD', in_flight, lost_at, event)
    redis.call('ZADD', queue, lost_at, event)
    taken[#taken + 1] = endpoint
    taken[#taken + 1] = event
  end
  local next_due = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')[2]
  if not next_due then
    redis.call('ZREM', KEYS[1], endpoint)
  elseif #due == free then
    -- Full: the next end of a delivery looks again at once, and so does the next loss.
    local next_loss = redis.call('ZRANGE', in_flight, 0, 0, 'WITHSCORES')[2]
    redis.call('ZADD', KEYS[1], int(math.max(tonumber(next_due), tonumber(next_loss or '0'))),
      endpoint)
  else
    redis.call('ZADD', KEYS[1], next_due, endpoint)
  end
end

local limit = tonumber(ARGV[3])
local endpoints = redis.call('ZRANGE', KEYS[1], '-inf', int(now), 'BYSCORE', 'LIMIT', 0, limit)
for _, endpoint in ipairs(endpoints) do
  local hold_until = redis.call('HGET', ARGV[2] .. ':' .. endpoint .. ':health', 'hold_until')
  if hold_until and tonumber(hold_until) > now then
    redis.call('ZADD', KEYS[1], hold_until, endpoint)
  else
    hand_out(endpoint, hold_until and 1 or tonumber(ARGV[4]))
  end
end
if #taken > 0 then redis.call('SET', KEYS[2], cjson.encode(taken), 'EX', 60) end
return taken
