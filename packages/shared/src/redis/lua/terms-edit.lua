-- terms-edit: changes a tenant's terms, if they stand as the caller saw them. Jobs that wait are
-- looked at soon: the new terms may let them go on.
--
-- Called by: dispatch/terms-renewer
-- KEYS: 1 tenants of the shard that have terms, 2 due set of the shard, 3 money of the tenant
-- ARGV: 1 clock offset, 2 tenant, 3 version that the terms must have, 4 JSON of the new ones
-- Returns: 'edited' | 'other_version'
-- Repeated: 'edited', and nothing is changed.
-- @include include/clock

local stored = redis.call('HGET', KEYS[3], 'terms')
if stored == ARGV[4] then return 'edited' end
local version = stored and int(cjson.decode(stored).version) or '0'
if version ~= ARGV[3] then return 'other_version' end
redis.call('HSET', KEYS[3], 'terms', ARGV[4])
redis.call('SADD', KEYS[1], ARGV[2])
local now = int(now_ms())
for _, ref in ipairs(redis.call('ZRANGE', KEYS[3] .. ':waiting', 0, 9999)) do
  redis.call('ZADD', KEYS[2], 'XX', 'LT', now, ref)
end
return 'edited'
