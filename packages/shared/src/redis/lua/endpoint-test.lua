-- endpoint-test: makes a test event due, before all that waits for the endpoint and without regard
-- to a hold.
--
-- Called by: intake/webhooks/test-endpoint
-- KEYS: 1 endpoints of the tenant, 2 endpoints of the shard by their earliest event
-- ARGV: 1 clock offset, 2 endpoint, 3 event, 4 tenant, 5 JSON of what it tells
-- Returns: 1 if the endpoint is there, else 0
-- Repeated: an event that waits stays as it is; one that is over is sent again under its id.
-- @include include/hooks

if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 0 then return 0 end
local now = now_ms()
local prefix = endpoint_prefix(KEYS[2], ARGV[2])
local event = { type = 'webhook.test', tenant = ARGV[4], version = '1', at = int(now),
  data = ARGV[5] }
if redis.call('HSETNX', prefix .. ':events', ARGV[3], cjson.encode(event)) == 0 then return 1 end
redis.call('ZADD', prefix .. ':queue', 0, ARGV[3])
if redis.call('HEXISTS', prefix .. ':health', 'hold_until') == 1 then
  redis.call('HSET', prefix .. ':health', 'hold_until', int(now))
end
redis.call('ZADD', KEYS[2], 'LT', int(now), ARGV[2])
return 1
