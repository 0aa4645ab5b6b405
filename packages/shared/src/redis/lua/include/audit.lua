-- Shared by the scripts that hold a tenant's counters against what made them: the ledger's entries
-- summed up so far, those that came since, and the jobs that hold a reservation. All in one step,
-- so that nothing can move in between.
--   KEYS[1] marks of the audit: at (id up to which entries are summed up), whole ('1' if no job had
--     ever been taken in before)   KEYS[2] ledger of the shard   KEYS[3] marks of the ledger
--   KEYS[4] tenants that have terms   KEYS[5] jobs of the shard counted
--   <audit>:tenants   sorted set: tenants that an entry named, or that have terms
--   <audit>:of:<tenant>  hash: spent, unknown, <budget>@<window>:spent|unknown (the sums); since
--     (ms of the first look that found a difference); based, slack (see believe, within_slack)
-- Counters are compared as text and added by HINCRBY: a tenant's may grow above 2^53.
-- @include include/clock

-- As include/money says: a rolling window moves on in as many steps.
local rolling_steps = 60

local tenants_key = KEYS[1] .. ':tenants'

local function sums_key(tenant) return KEYS[1] .. ':of:' .. tenant end

-- Built from the audit's key: same tag, so same slot.
local function key_beside(name) return (string.gsub(KEYS[1], 'audit$', name)) end

local function fields_of(list)
  local fields = {}
  for i = 1, #list, 2 do fields[list[i]] = list[i + 1] end
  return fields
end

local function add(sums, name, amount)
  if amount ~= '0' then redis.call('HINCRBY', sums, name, amount) end
end

-- Where the summing begins: with the first entry if no job was ever taken in, else with the next
-- one, because what came before may have left the ledger.
local function begin()
  local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  local whole = not newest and not redis.call('HGET', KEYS[5], 'admitted')
  local at = newest and newest[1] or '0-0'
  redis.call('HSET', KEYS[1], 'at', at, 'whole', whole and '1' or '')
  return at
end

-- Sums up at most so many entries. Tells whether these were all.
local function sum_up(entries_max)
  local at = redis.call('HGET', KEYS[1], 'at') or begin()
  local entries = redis.call('XRANGE', KEYS[2], '(' .. at, '+', 'COUNT', entries_max)
  for _, entry in ipairs(entries) do
    local line = fields_of(entry[2])
    local sums = sums_key(line.tenant)
    redis.call('ZADD', tenants_key, 0, line.tenant)
    add(sums, 'spent', line.spent)
    add(sums, 'unknown', line.unknown)
    -- Neither the ceiling of a bulk call, which ends with its jobs, nor what several tenants share.
    for account in string.gmatch(' ' .. line.accounts, ' (bud_%S+)') do
      add(sums, account .. ':spent', line.spent)
      add(sums, account .. ':unknown', line.unknown)
    end
    at = entry[1]
  end
  redis.call('HSET', KEYS[1], 'at', at)
  -- The ledger's entries stay until they have been summed up here.
  redis.call('HSET', KEYS[3], 'audited', at)
  return #entries < entries_max
end

-- What the jobs of a tenant hold now, by what it is counted in. Most name the same accounts, so
-- each text of them is taken apart once.
local function held_by_jobs(tenant, money)
  local held = { reserved = 0 }
  local by_accounts = {}
  local record = key_beside('job:') .. tenant .. ':'
  for _, id in ipairs(redis.call('SMEMBERS', money .. ':open')) do
    local job = redis.call('HMGET', record .. id, 'reserved', 'accounts')
    local amount = tonumber(job[1] or '0')
    local accounts = job[2] or ''
    held.reserved = held.reserved + amount
    by_accounts[accounts] = (by_accounts[accounts] or 0) + amount
  end
  for accounts, amount in pairs(by_accounts) do
    for account in string.gmatch(' ' .. accounts, ' (bud_%S+)') do
      local name = account .. ':reserved'
      held[name] = (held[name] or 0) + amount
    end
  end
  return held
end

-- Whether money in a window of a budget still counts: the names are those of include/money.
local function is_live(budget, window, now)
  if budget.kind == 'total' then return window == 'all' end
  local number = tonumber(window)
  if not number then return false end
  if budget.kind == 'calendar' then return number > now end
  return number >= math.floor(now / budget.step) - rolling_steps
end

-- Every counter of a tenant: its key and field, its name here, and what it says. Sums of windows
-- that no longer count are forgotten.
local function counters_of(money, sums_of, sums, now)
  local counted = redis.call('HMGET', money, 'reserved', 'spent', 'unknown', 'terms')
  local counters = {}
  for i, name in ipairs({ 'reserved', 'spent', 'unknown' }) do
    counters[i] = { key = money, field = name, name = name, says = counted[i] or '0',
      is_held = name == 'reserved' }
  end
  local terms = counted[4] and cjson.decode(counted[4]) or { budgets = {} }
  for _, budget in ipairs(terms.budgets) do
    local account = money .. ':' .. budget.id
    local windows = {}
    local fields = fields_of(redis.call('HGETALL', account))
    for field in pairs(fields) do windows[string.match(field, '^(%w+):') or ''] = true end
    for name in pairs(sums) do
      local id, window = string.match(name, '^(bud_%w+)@(%w+):')
      if id == budget.id then windows[window] = true end
    end
    for window in pairs(windows) do
      local live = is_live(budget, window, now)
      for _, what in ipairs({ 'reserved', 'spent', 'unknown' }) do
        local field = window .. ':' .. what
        local name = budget.id .. '@' .. field
        if live then
          counters[#counters + 1] = { key = account, field = field, name = name,
            says = fields[field] or '0', is_held = what == 'reserved' }
        elseif sums[name] then
          redis.call('HDEL', sums_of, name)
        end
      end
    end
  end
  return counters
end

-- A tenant that had jobs before the audit began: what its counters say at the first look is
-- believed.
local function believe(counters, sums_of, sums)
  if sums.based then return end
  redis.call('HSET', sums_of, 'based', '1')
  for _, counter in ipairs(counters) do
    if not counter.is_held then
      sums[counter.name] = counter.says
      redis.call('HSET', sums_of, counter.name, counter.says)
    end
  end
end

-- Of what such a tenant holds, a part may belong to jobs from before there was an open set. It can
-- only become less.
local function within_slack(counter, sums_of, sums, held)
  if counter.name ~= 'reserved' then return false end
  local over = tonumber(counter.says) - held.reserved
  if over < 0 or (sums.slack and over > tonumber(sums.slack)) then return false end
  redis.call('HSET', sums_of, 'slack', int(over))
  return true
end

-- The counters of a tenant that are not what they must be, each with what it must be. Without
-- `open` those of reservations are left out.
local function differences(tenant, open, now)
  local money, sums_of = key_beside('money:') .. tenant, sums_key(tenant)
  local sums = fields_of(redis.call('HGETALL', sums_of))
  local held = open and held_by_jobs(tenant, money)
  local counters = counters_of(money, sums_of, sums, now)
  local whole = redis.call('HGET', KEYS[1], 'whole') == '1'
  if not whole then believe(counters, sums_of, sums) end
  local found = {}
  for _, counter in ipairs(counters) do
    if counter.is_held then
      counter.must = held and int(held[counter.name] or 0)
      if held and not whole and within_slack(counter, sums_of, sums, held) then
        counter.must = counter.says
      end
    else
      counter.must = sums[counter.name] or '0'
    end
    if counter.must and counter.must ~= counter.says then found[#found + 1] = counter end
  end
  return found
end
