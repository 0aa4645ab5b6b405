-- escrow-figures: what a shard has of global budgets, and what it has used, at one instant.
--
-- Called by: dispatch/escrow-keeper
-- KEYS: 1 global budgets as the shard's scripts know them
-- ARGV: 1 clock offset, 2... budget, window
-- Returns: {version of the budgets, {version, granted, reserved, spent, unknown, wanted, largest},
--   ...}, one list for each budget
-- Repeated: looks again.
-- @include include/clock

local terms = redis.call('GET', KEYS[1])
local figures = { terms and cjson.decode(terms).version or '0' }
for i = 2, #ARGV, 2 do
  -- Built from the key of the budgets: same tag, so same slot.
  local account, window = KEYS[1] .. ':' .. ARGV[i], ARGV[i + 1]
  local part = redis.call('HMGET', account, window .. ':version', window .. ':granted',
    window .. ':reserved', window .. ':spent', window .. ':unknown', window .. ':wanted',
    window .. ':largest')
  for place = 1, 7 do part[place] = part[place] or '0' end
  figures[#figures + 1] = part
end
return figures
