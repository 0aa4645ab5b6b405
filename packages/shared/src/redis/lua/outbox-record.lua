-- outbox-record: writes the end of one delivery attempt: delivered, to be tried again, given up.
--
-- Called by: webhooks/deliver-webhook
-- KEYS: 1 endpoints by their earliest due event, 2 queue of the endpoint, 3 events of the
--   endpoint, 4 in flight of the endpoint, 5 log of the event
-- ARGV: 1 clock offset, 2 endpoint, 3 event, 4 attempts before this one, 5 JSON of the attempt,
--   6 'delivered' | 'retry' | 'given_up', 7 ms until the next attempt, 8 ms that the log is kept
-- Returns: 1 if it was written, 0 if this attempt was recorded before
-- Repeated: 0.
-- @include include/lane

local text = redis.call('HGET', KEYS[3], ARGV[3])
if not text then return 0 end
local event = cjson.decode(text)
if tonumber(event.attempts or '0') ~= tonumber(ARGV[4]) then return 0 end
local now = now_ms()
redis.call('RPUSH', KEYS[5], ARGV[5])
redis.call('LTRIM', KEYS[5], -50, -1)
redis.call('PEXPIRE', KEYS[5], ARGV[8])
redis.call('ZREM', KEYS[4], ARGV[3])
if ARGV[6] == 'retry' then
  event.attempts = int(tonumber(ARGV[4]) + 1)
  redis.call('HSET', KEYS[3], ARGV[3], cjson.encode(event))
  redis.call('ZADD', KEYS[2], int(now + tonumber(ARGV[7])), ARGV[3])
else
  redis.call('HDEL', KEYS[3], ARGV[3])
  redis.call('ZREM', KEYS[2], ARGV[3])
end
local next_due = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
if next_due then
  redis.call('ZADD', KEYS[1], next_due, ARGV[2])
else
  redis.call('ZREM', KEYS[1], ARGV[2])
end
return 1
