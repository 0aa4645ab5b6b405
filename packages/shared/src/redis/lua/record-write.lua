-- record-write: makes or changes a record that stands as JSON in one field of a hash, if it stands
-- as the caller saw it.
--
-- Called by: tenants/write-tenant, tenants/write-key
-- KEYS: 1 hash of the records
-- ARGV: 1 clock offset, 2 field, 3 version it must have ('' if it must be new), 4 JSON of the
--   record
-- Returns: 'written' | 'conflict'
-- Repeated: 'written'.
-- @include include/clock

local stored = redis.call('HGET', KEYS[1], ARGV[2])
if stored == ARGV[4] then return 'written' end
if (stored and cjson.decode(stored).version or '') ~= ARGV[3] then return 'conflict' end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[4])
return 'written'
