-- outbox-record: writes the end of one delivery attempt: delivered, to be tried again, given up,
-- and what it says of the endpoint.
--
-- Called by: webhooks/deliver-webhook
-- KEYS: 1 endpoints by their earliest due event, 2 queue of the endpoint, 3 events of the
--   endpoint, 4 in flight of the endpoint, 5 log of the event or of the endpoint, 6 health of the
--   endpoint
-- ARGV: 1 clock offset, 2 endpoint, 3 event, 4 attempts before this one, 5 JSON of the attempt,
--   6 'delivered' | 'retry' | 'given_up', 7 ms until the next attempt, 8 ms that log and health are
--   kept, 9 attempts that the log keeps, 10 run of the event ('' for the first), 11 'delivers' |
--   'fails' | '' if the attempt says nothing of the endpoint, 12 ms that the endpoint is held,
--   13 JSON of what the tenant's other endpoints are told ('' for nothing)
-- Returns: {'1', ms since the endpoint has failed ('0' if it does not)}, or {'0'} if this attempt
--   was recorded before
-- Repeated: {'0'}.
-- @include include/hooks

local text = redis.call('HGET', KEYS[3], ARGV[3])
if not text then return { '0' } end
local event = cjson.decode(text)
local attempts = tonumber(event.attempts or '0')
if attempts ~= tonumber(ARGV[4]) or (event.run or '') ~= ARGV[10] then return { '0' } end
local now = now_ms()
redis.call('RPUSH', KEYS[5], ARGV[5])
redis.call('LTRIM', KEYS[5], int(-tonumber(ARGV[9])), -1)
redis.call('PEXPIRE', KEYS[5], ARGV[8])
redis.call('ZREM', KEYS[4], ARGV[3])
if ARGV[6] == 'retry' then
  event.attempts = int(attempts + 1)
  redis.call('HSET', KEYS[3], ARGV[3], cjson.encode(event))
  redis.call('ZADD', KEYS[2], int(now + tonumber(ARGV[7])), ARGV[3])
else
  redis.call('HDEL', KEYS[3], ARGV[3])
  redis.call('ZREM', KEYS[2], ARGV[3])
end

if ARGV[11] == 'delivers' then redis.call('DEL', KEYS[6]) end
if ARGV[11] == 'fails' then
  redis.call('HINCRBY', KEYS[6], 'failures', 1)
  redis.call('HSETNX', KEYS[6], 'failing_since', int(now))
  if tonumber(ARGV[12]) > 0 then
    redis.call('HSET', KEYS[6], 'hold_until', int(now + tonumber(ARGV[12])))
  end
  redis.call('PEXPIRE', KEYS[6], ARGV[8])
end
local health = redis.call('HMGET', KEYS[6], 'failing_since', 'hold_until')

local next_due = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
if next_due then
  local due = math.max(tonumber(next_due), tonumber(health[2] or '0'))
  redis.call('ZADD', KEYS[1], int(due), ARGV[2])
else
  redis.call('ZREM', KEYS[1], ARGV[2])
end
if ARGV[13] ~= '' then
  local told = { type = 'webhook.message_exhausted', tenant = event.tenant, version = ARGV[10] ..
    ARGV[4], at = int(now), data = ARGV[13] }
  publish(KEYS[1], told, ARGV[3], now, ARGV[2])
end
return { '1', health[1] and int(now - tonumber(health[1])) or '0' }
