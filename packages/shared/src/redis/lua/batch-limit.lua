-- batch-limit: sets the ceiling of a bulk call that has none yet, and how long it is remembered.
--
-- Called by: native/bulk-routes
-- KEYS: 1 account of the bulk call's money
-- ARGV: 1 clock offset, 2 ceiling, 3 ms until it is forgotten
-- Returns: the ceiling that stands
-- Repeated: the first one stands, and is remembered anew.
-- @include include/clock

redis.call('HSETNX', KEYS[1], 'limit', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('HGET', KEYS[1], 'limit')
