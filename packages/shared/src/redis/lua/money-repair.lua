-- money-repair: sets the counters of a tenant to what the ledger and the open jobs say they must
-- be. Nothing else of the tenant is touched, and what runs goes on.
--
-- Called by: tenants/audit-money
-- KEYS: 1-5 as in include/audit
-- ARGV: 1 clock offset, 2 tenant, 3 entries at the most, 4 open jobs at the most
-- Returns: {'behind'} (more entries first) | {'repaired', '1' if reservations were too many to add
--   up, for each counter 'counter|what it says now|what it said'...}
-- Repeated: finds nothing more to set.
-- @include include/audit

local now = now_ms()
if not sum_up(tonumber(ARGV[3])) then return { 'behind' } end
local open = redis.call('SCARD', key_beside('money:') .. ARGV[2] .. ':open')
local fits = open <= tonumber(ARGV[4])
local set = {}
for _, drift in ipairs(differences(ARGV[2], fits, now)) do
  redis.call('HSET', drift.key, drift.field, drift.must)
  set[#set + 1] = table.concat({ drift.name, drift.must, drift.says }, '|')
end
redis.call('HDEL', sums_key(ARGV[2]), 'since')
return { 'repaired', fits and '0' or '1', unpack(set) }
