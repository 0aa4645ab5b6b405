-- endpoint-remove: forgets a registered webhook endpoint, with its events and attempts.
--
-- Called by: intake/webhooks/manage-endpoints
-- KEYS: 1 endpoints of the tenant, 2 their filters, 3 endpoints of the shard by their earliest
--   event, 4 this call's handout
-- ARGV: 1 clock offset, 2 endpoint
-- Returns: 1 if it was there, else 0
-- Repeated: the same token (in KEYS[4]) gives the same answer for a minute.
-- @include include/hooks

local given = redis.call('GET', KEYS[4])
if given then return tonumber(given) end
local removed = redis.call('HDEL', KEYS[1], ARGV[2])
if removed == 1 then
  redis.call('HDEL', KEYS[2], ARGV[2])
  drop_queue(KEYS[3], ARGV[2])
  local prefix = endpoint_prefix(KEYS[3], ARGV[2])
  redis.call('UNLINK', prefix .. ':health', prefix .. ':sequence', prefix .. ':log',
    prefix .. ':attempts')
end
redis.call('SET', KEYS[4], removed, 'EX', 60)
return removed
