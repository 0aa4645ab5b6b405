-- escrow-book: changes what the book of a global budget's window says of one shard, if the caller
-- knows how it stands. E1: a part stands here before the shard may use it, and until the shard
-- has given it back, so that all parts together never pass the limit.
--
-- Called by: dispatch/keep-escrow
-- KEYS: 1 book of the window (hash: shard -> 'version|granted|asked back to', sum, and who noted
--   that a threshold was reached), 2 record of the global budgets
-- ARGV: 1 clock offset, 2 budget, 3 shard, 4 version that the caller saw, 5 step: 'raise' to an
--   amount, 'recall' all above one, 'settle' on what is left after a recall, 6 amount, 7 ms at
--   which the book is forgotten ('' for never)
-- Returns: the shard's entry as it stands now, changed or not
-- Repeated: the version has changed, so nothing is.
-- @include include/clock

local entry = redis.call('HGET', KEYS[1], ARGV[3]) or '0|0|'
local version, granted, target = string.match(entry, '^(%d+)|(%d+)|(%d*)$')
if version ~= ARGV[4] then return entry end
local step, amount = ARGV[5], ARGV[6]

local function limit_of(id)
  local terms = redis.call('HGET', KEYS[2], 'terms')
  for _, budget in ipairs(terms and cjson.decode(terms).budgets or {}) do
    if budget.id == id then return tonumber(budget.limit) end
  end
  return 0
end

local function write(number, amount_granted, amount_kept)
  local added = int(tonumber(amount_granted) - tonumber(granted))
  redis.call('HINCRBY', KEYS[1], 'sum', added)
  entry = int(number) .. '|' .. amount_granted .. '|' .. amount_kept
  redis.call('HSET', KEYS[1], ARGV[3], entry)
  if ARGV[7] ~= '' then
    redis.call('PEXPIRE', KEYS[1], int(math.max(1, tonumber(ARGV[7]) - now_ms())))
  end
  return entry
end

if step == 'settle' then
  if target == '' or tonumber(amount) > tonumber(granted) then return entry end
  return write(tonumber(version), amount, '')
end
if target ~= '' then return entry end
if step == 'recall' then return write(tonumber(version) + 1, granted, amount) end
local sum = tonumber(redis.call('HGET', KEYS[1], 'sum') or '0')
local added = tonumber(amount) - tonumber(granted)
if added <= 0 or sum + added > limit_of(ARGV[2]) then return entry end
return write(tonumber(version) + 1, amount, '')
