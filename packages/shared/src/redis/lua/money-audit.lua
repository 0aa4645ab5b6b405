-- money-audit: goes on with the audit of a shard's money. Sums up the ledger's entries that came
-- since, and once there are no more, holds the counters of some tenants against the sums and
-- against the jobs that hold a reservation. The mark moves in the same step.
--
-- Called by: tenants/audit-money
-- KEYS: 1-5 as in include/audit
-- ARGV: 1 clock offset, 2 tenant after which to go on ('' begins), 3 entries at the most,
--   4 tenants at the most, 5 open jobs at the most, 6 ms after which a difference that is still
--   there is confirmed
-- Returns: {'behind'} (more entries first) | {'judged', tenant after which to go on or '', tenants
--   judged, tenants whose reservations were too many to add up, for each difference 'tenant|
--   counter|what it must be|what it says|1 if confirmed'...}
-- Repeated: sums nothing up twice and finds the same; only time confirms a difference.
-- @include include/audit

-- More say nothing new, and a reply has a bound.
local found_max = 200

local now = now_ms()
if not sum_up(tonumber(ARGV[3])) then return { 'behind' } end
if ARGV[2] == '' then
  for _, tenant in ipairs(redis.call('SMEMBERS', KEYS[4])) do
    redis.call('ZADD', tenants_key, 0, tenant)
  end
end

local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
local tenants = redis.call('ZRANGEBYLEX', tenants_key, from, '+', 'LIMIT', 0, tonumber(ARGV[4]))
local open_left = tonumber(ARGV[5])
local judged, skipped, last, all = 0, 0, '', #tenants < tonumber(ARGV[4])
local found = {}
for _, tenant in ipairs(tenants) do
  local open = redis.call('SCARD', key_beside('money:') .. tenant .. ':open')
  local fits = open <= open_left
  if not fits and open <= tonumber(ARGV[5]) then
    -- It fits the next call.
    all = false
    break
  end
  if fits then open_left = open_left - open else skipped = skipped + 1 end
  local drifts = differences(tenant, fits, now)
  local since = redis.call('HGET', sums_key(tenant), 'since')
  if #drifts == 0 and since then
    redis.call('HDEL', sums_key(tenant), 'since')
  elseif #drifts > 0 and not since then
    since = int(now)
    redis.call('HSET', sums_key(tenant), 'since', since)
  end
  for _, drift in ipairs(drifts) do
    local confirmed = now - tonumber(since) >= tonumber(ARGV[6]) and '1' or '0'
    found[math.min(#found + 1, found_max)] = table.concat(
      { tenant, drift.name, drift.must, drift.says, confirmed }, '|')
  end
  judged, last = judged + 1, tenant
end
return { 'judged', all and '' or last, judged, skipped, unpack(found) }
