-- terms-figures: a tenant's terms and what stands in the account of each of its budgets, at one
-- instant.
--
-- Called by: dispatch/terms-renewer
-- KEYS: 1 money of the tenant
-- ARGV: 1 clock offset
-- Returns: {server time in ms, terms, {field, value, ...}, ...}, one list for each budget
-- Repeated: looks again.
-- @include include/clock

local terms = redis.call('HGET', KEYS[1], 'terms') or ''
local figures = { int(now_ms()), terms }
if terms ~= '' then
  for _, budget in ipairs(cjson.decode(terms).budgets) do
    figures[#figures + 1] = redis.call('HGETALL', KEYS[1] .. ':' .. budget.id)
  end
end
return figures
