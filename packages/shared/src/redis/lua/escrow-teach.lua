-- escrow-teach: gives the scripts of a shard the global budgets, unless they know newer ones. Jobs
-- in line are looked at soon: a limit may have been raised or taken away.
--
-- Called by: dispatch/escrow-keeper
-- KEYS: 1 global budgets as the shard's scripts know them, 2 the shard's jobs that wait for money
--   of them, 3 due set of the shard
-- ARGV: 1 clock offset, 2 version, 3 JSON of the budgets
-- Returns: 1 if they were new, else 0
-- Repeated: 0.
-- @include include/clock

local stands = redis.call('GET', KEYS[1])
if stands and tonumber(cjson.decode(stands).version) >= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[3])
local now = int(now_ms())
for _, ref in ipairs(redis.call('ZRANGE', KEYS[2], 0, 9999)) do
  redis.call('ZADD', KEYS[3], 'XX', 'LT', now, ref)
end
return 1
