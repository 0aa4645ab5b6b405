-- endpoint-write: makes or changes a registered webhook endpoint, if it stands as the caller saw
-- it. What waits for one that is switched off is forgotten; its list of events stays. Any change
-- lets its deliveries begin afresh.
--
-- Called by: intake/webhooks/manage-endpoints, webhooks/disable-endpoint
-- KEYS: 1 endpoints of the tenant, 2 their filters, 3 endpoints of the shard by their earliest
--   event
-- ARGV: 1 clock offset, 2 endpoint, 3 version it must have ('' if it must be new), 4 JSON of the
--   endpoint, 5 filter as include/hooks says, 6 endpoints that a tenant may have, 7 tenant,
--   8 JSON of what the other endpoints are told ('' for nothing), 9 version that it gets
-- Returns: 'written' | 'conflict' | 'missing' | 'full'
-- Repeated: 'written', and nothing is told again.
-- @include include/hooks

local now = now_ms()
local stored = redis.call('HGET', KEYS[1], ARGV[2])
if stored == ARGV[4] then return 'written' end
if ARGV[3] ~= '' and not stored then return 'missing' end
if (stored and cjson.decode(stored).version or '') ~= ARGV[3] then return 'conflict' end
if not stored and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[6]) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[5])
local prefix = endpoint_prefix(KEYS[3], ARGV[2])
redis.call('DEL', prefix .. ':health')
if string.sub(ARGV[5], 1, 3) == 'off' then
  drop_queue(KEYS[3], ARGV[2])
elseif redis.call('EXISTS', prefix .. ':queue') == 1 then
  redis.call('ZADD', KEYS[3], 'LT', int(now), ARGV[2])
end
if ARGV[8] ~= '' then
  local event = { type = 'webhook.endpoint_disabled', tenant = ARGV[7], version = ARGV[9],
    at = int(now), data = ARGV[8] }
  publish(KEYS[3], event, ARGV[2], now, ARGV[2])
end
return 'written'
