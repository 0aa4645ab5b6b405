-- Money of a job, and of all who pay for it: its tenant, and the budgets that it counts against.
-- Keys and arguments as in include/job. Everything here is built from KEYS[3]: same tag, so same
-- slot.
--   <money>             hash: reserved, spent, unknown; terms: JSON, written by terms-edit
--   <money>:<account>   hash of a budget ('bud_...') or a bulk call ('batch:...'):
--                       '<window>:reserved', ':spent', ':unknown'; told; limit of a bulk call
--   <money>:open        set: jobs that hold a reservation
--   <money>:waiting     sorted set: jobs that wait for money or for a place, most urgent first
-- and for budgets of all tenants together, from KEYS[2]:
--   <escrow>            JSON of these budgets, written by escrow-teach
--   <escrow>:<budget>   hash as of an account, and '<window>:granted' (what the shard may use),
--                       ':room' and ':hope' (what nobody uses, or has spent, of the whole),
--                       ':wanted' and ':largest' (what jobs asked for in vain)
--   <escrow>:waiting    sorted set: jobs of the shard that wait for such money
-- Their accounts are named 'all:bud_...'.
-- A job's `accounts` are those that its last reservation was taken from: '<account>@<window> ...'.
-- What an attempt costs is charged to the windows of its reservation, whenever that is known.
-- Needs: hooks

-- A rolling window moves on in as many steps. The one that has begun counts besides them, so that
-- the window is never shorter than it says.
local rolling_steps = 60
-- Percent of a budget, or of the ceiling of a bulk call, of which its tenant is told.
local thresholds = { 50, 80, 95, 100 }
-- Waiting jobs that are looked at when money or a place comes free. When nothing does, the first
-- are looked at each minute and those far behind each hour: a hundred thousand may stand in line.
local woken_max = 16
local waiting_check_ms = 60000
local waiting_check_ms_max = 3600000

local terms
local function read_terms()
  if terms == nil then
    local text = redis.call('HGET', KEYS[3], 'terms')
    terms = text and cjson.decode(text) or { budgets = {}, in_flight = {} }
  end
  return terms
end

local function concerns(subject, key)
  return subject == 'tenant' or (key ~= '' and subject == 'key:' .. key)
end

-- Built from the due set's key: same tag, so same slot.
local escrow = string.gsub(KEYS[2], 'due$', 'escrow')

local global_budgets
local function read_global()
  if global_budgets == nil then
    local text = redis.call('GET', escrow)
    global_budgets = text and cjson.decode(text).budgets or {}
    for _, budget in ipairs(global_budgets) do
      budget.part, budget.id = escrow .. ':' .. budget.id, 'all:' .. budget.id
    end
  end
  return global_budgets
end

local function account_key(id)
  local global = string.match(id, '^all:(.+)$')
  return global and escrow .. ':' .. global or KEYS[3] .. ':' .. id
end

-- The budgets that a job counts against.
local function payers(job)
  local found = {}
  for _, budget in ipairs(read_terms().budgets) do
    if concerns(budget.subject, job.key_id) then found[#found + 1] = budget end
  end
  if job.batch ~= '' then
    local id = 'batch:' .. job.batch
    local limit = redis.call('HGET', KEYS[3] .. ':' .. id, 'limit')
    if limit then
      found[#found + 1] = { id = id, kind = 'total', limit = limit, short = 'wait' }
    end
  end
  for _, budget in ipairs(read_global()) do found[#found + 1] = budget end
  return found
end

-- The name of a budget's present window, and when the next one begins. Ends that nobody has
-- written down give none: then nothing fits.
local function window_of(budget, now)
  if budget.kind == 'total' then return 'all' end
  if budget.kind == 'rolling' then
    local step = math.floor(now / budget.step)
    return int(step), (step + 1) * budget.step
  end
  for _, ends in ipairs(budget.ends) do
    if ends > now then return int(ends), ends end
  end
end

-- What stands in a window.
local function sums_of(budget, window)
  local account = account_key(budget.id)
  if budget.kind ~= 'rolling' then
    local sums = redis.call('HMGET', account, window .. ':reserved', window .. ':spent',
      window .. ':unknown')
    return { reserved = tonumber(sums[1] or '0'), spent = tonumber(sums[2] or '0'),
      unknown = tonumber(sums[3] or '0') }
  end
  local oldest = tonumber(window) - rolling_steps
  local found = { reserved = 0, spent = 0, unknown = 0 }
  local fields = redis.call('HGETALL', account)
  for i = 1, #fields, 2 do
    local step, what = string.match(fields[i], '^(%d+):(%a+)$')
    if step and tonumber(step) < oldest then
      redis.call('HDEL', account, fields[i])
    elseif step then
      found[what] = found[what] + tonumber(fields[i + 1])
    end
  end
  return found
end

-- How a budget of the tenant, or of its bulk call, turns an amount away.
local function short_of_own(budget, amount, stands)
  -- A rolling window moves on, and does not begin anew at any time that could be told.
  return { id = budget.id, short = budget.short, left = math.max(0, stands.left),
    renews = budget.kind ~= 'rolling' and stands.renews or nil,
    hopeful = not stands.window or (amount <= tonumber(budget.limit) and
      (stands.renews ~= nil or stands.reserved > 0)) }
end

-- How a budget of all tenants does. Where others have left enough of the whole, only the shard's
-- part of it is too small: the job waits a moment, whatever the policy, until the part has grown.
local function short_of_part(budget, amount, stands)
  local window = stands.window
  local sums = window and redis.call('HMGET', budget.part, window .. ':room', window .. ':hope',
    window .. ':largest') or {}
  local room = tonumber(sums[1] or budget.limit)
  if window then
    redis.call('HINCRBY', budget.part, window .. ':wanted', int(amount))
    if amount > tonumber(sums[3] or '0') then
      redis.call('HSET', budget.part, window .. ':largest', int(amount))
    end
  end
  local comes = window ~= nil and amount <= room
  return { id = budget.id, of_all = true, short = comes and 'wait' or budget.short, comes = comes,
    left = math.max(0, stands.left, room), renews = stands.renews,
    hopeful = not window or comes or (stands.renews ~= nil and amount <= tonumber(budget.limit)) or
      amount <= tonumber(sums[2] or budget.limit) }
end

local function is_worse(short, than)
  if not than then return true end
  if short.comes ~= than.comes then return not short.comes end
  return short.left < than.left
end

-- What a budget's present window has left for a job, with what the same step gives back.
local function look_at(budget, now, given_back, own)
  local window, renews = window_of(budget, now)
  if not window then return { left = -1, reserved = 0 } end
  local account = budget.id .. '@' .. window
  local sums = sums_of(budget, window)
  local limit = budget.limit
  if budget.part then limit = redis.call('HGET', budget.part, window .. ':granted') or '0' end
  return { window = window, renews = renews,
    left = tonumber(limit) - sums.reserved - sums.spent - sums.unknown +
      (given_back and given_back[account] or 0),
    reserved = sums.reserved - (own and own[account] or 0) }
end

-- Whether an amount fits all budgets of a job: nothing if it does, else the tightest of them, what
-- is left of it, and what those say together that it does not fit: whether any of them rejects it
-- or asks for a cheaper candidate, and whether waiting can help with all of them. `given_back` is
-- what the same step gives back, by account, `own` what of that was reserved: it does not count as
-- money that may come free.
local function shortage(job, amount_text, now, given_back, own)
  local worst
  local rejects, cheaper, hopeful = false, false, true
  local amount = tonumber(amount_text)
  for _, budget in ipairs(payers(job)) do
    local stands = look_at(budget, now, given_back, own)
    if amount > stands.left then
      local find = budget.part and short_of_part or short_of_own
      local short = find(budget, amount, stands)
      short.comes = short.comes or false
      rejects = rejects or short.short == 'reject'
      cheaper = cheaper or short.short == 'cheaper'
      hopeful = hopeful and short.hopeful
      if is_worse(short, worst) then worst = short end
    end
  end
  if worst then worst.rejects, worst.cheaper, worst.hopeful = rejects, cheaper, hopeful end
  return worst
end

-- Whether a job is rather cut to what a budget has left than left waiting for it. Never to what is
-- left of a budget of all tenants: that would tell one of them what others have spent.
local function may_be_cut(spec, short)
  return not short.of_all and cjson.decode(spec).features.cutsOutput == true
end

local function accounts_of(job, now)
  local accounts = {}
  for _, budget in ipairs(payers(job)) do
    accounts[#accounts + 1] = budget.id .. '@' .. window_of(budget, now)
  end
  return table.concat(accounts, ' ')
end

-- Whether a reservation is older than a rolling window that it was taken from: it counts nowhere.
local function has_lapsed(job, now)
  for _, budget in ipairs(read_terms().budgets) do
    local step = budget.kind == 'rolling' and
      string.match(' ' .. job.accounts .. ' ', ' ' .. budget.id .. '@(%d+) ')
    if step and tonumber(step) < math.floor(now / budget.step) - rolling_steps then return true end
  end
  return false
end

-- Amounts are text of whole nano-dollars; HINCRBY adds 64-bit integers without loss.
local function move_money(record, field, amount, accounts)
  if amount == '0' or amount == '-0' then return end
  redis.call('HINCRBY', record, field, amount)
  redis.call('HINCRBY', KEYS[3], field, amount)
  for account, window in string.gmatch(accounts, '(%S+)@(%S+)') do
    redis.call('HINCRBY', account_key(account), window .. ':' .. field, amount)
  end
end

local function negative(amount)
  if amount == '0' then return '0' end
  return '-' .. amount
end

-- Holds an amount for a job that holds nothing.
local function take(record, id, amount, accounts)
  redis.call('HSET', record, 'accounts', accounts, 'held', '1')
  move_money(record, 'reserved', amount, accounts)
  if amount ~= '0' then redis.call('SADD', KEYS[3] .. ':open', id) end
end

-- Jobs that wait are looked at soon, of the tenant and of those that wait for what all share:
-- something came free. Due in the order of the line: the first of them may take all of it.
local function wake(now)
  for _, line in ipairs({ KEYS[3] .. ':waiting', escrow .. ':waiting' }) do
    for place, ref in ipairs(redis.call('ZRANGE', line, 0, woken_max - 1)) do
      redis.call('ZADD', KEYS[2], 'XX', 'LT', int(now - woken_max + place), ref)
    end
  end
end

-- Sets what a job holds to a lower amount, or to nothing.
local function lower(job, amount)
  if job.reserved == amount or job.reserved == '' then return end
  move_money(KEYS[1], 'reserved', negative(job.reserved), job.accounts)
  move_money(KEYS[1], 'reserved', amount, job.accounts)
  if amount == '0' then redis.call('SREM', KEYS[3] .. ':open', job.id) end
  job.reserved = amount
end

-- What is left of a job's own ceiling.
local function room_of(job)
  return tonumber(job.ceiling) - tonumber(job.spent) - tonumber(job.unknown)
end

-- When its budget begins anew; '' where that never happens, or would not help.
local function renewal_of(short)
  return short.hopeful and short.renews and int(short.renews) or ''
end

local function waits_for(short)
  return 'budget|' .. short.id .. '|' .. renewal_of(short)
end

local waits_texts = { paused = 'the tenant is paused', in_flight = 'as many jobs run as may',
  budget = 'too little is left of a budget', ceiling = 'too little is left of the ceiling' }

-- A job that waits for money or a place has no ticket. It is looked at when something comes free,
-- when its budget begins anew, from time to time, and at once if that may already help.
local function wait_in_line(record, job, waits, now, at_once)
  redis.call('HSET', record, 'waits', waits, 'reason_code', 'held', 'reason_text',
    'held: ' .. waits_texts[string.match(waits, '^[^|]+')])
  -- Most urgent first, then the oldest.
  local place = int(tonumber(job.priority) * 1e13 + tonumber(job.created))
  redis.call('ZADD', KEYS[3] .. ':waiting', place, job.ref)
  if string.find(waits, '|all:', 1, true) then
    redis.call('ZADD', escrow .. ':waiting', place, job.ref)
  else
    redis.call('ZREM', escrow .. ':waiting', job.ref)
  end
  local rank = redis.call('ZRANK', KEYS[3] .. ':waiting', job.ref)
  local pause = at_once and 0 or
    math.min(waiting_check_ms * (1 + math.floor(rank / woken_max)), waiting_check_ms_max)
  local renews = tonumber(string.match(waits, '|(%d+)$') or '') or math.huge
  local check = math.min(now + pause, renews, tonumber(job.deadline))
  redis.call('ZADD', KEYS[2], int(check), job.ref)
end

local function leave_line(record, ref)
  redis.call('HSET', record, 'waits', '')
  redis.call('ZREM', KEYS[3] .. ':waiting', ref)
  redis.call('ZREM', escrow .. ':waiting', ref)
end

-- The first candidate of a job's plan whose worst case fits its ceiling and all its budgets.
local function first_that_fits(job, now, given_back)
  for _, candidate in ipairs(cjson.decode(job.plan).candidates) do
    local amount = candidate.reservationNanoUsd
    if tonumber(amount) <= room_of(job) and not shortage(job, amount, now, given_back) then
      return candidate
    end
  end
end

local function why_cheaper(candidate)
  return 'the first that fits what is left of a budget; ' .. candidate.reason
end

-- 1234500000 as '1.2345'.
local function usd(amount)
  local digits = string.rep('0', 10 - #amount) .. amount
  local fraction = string.gsub(string.sub(digits, -9), '0+$', '')
  return string.sub(digits, 1, -10) .. (fraction == '' and '' or '.' .. fraction)
end

local function tell_threshold(budget, window, reached, now)
  local event = { type = 'budget.threshold', tenant = string.match(KEYS[3], '([^:]+)$'),
    version = table.concat({ window, reached.percent, budget.limit }, ':'), at = int(now),
    data = cjson.encode({
      budget = budget.id, subject = budget.subject, batch_id = budget.batch,
      percent = reached.percent,
      limit = usd(budget.limit), reserved = usd(int(reached.sums.reserved)),
      spent = usd(int(reached.sums.spent)), unknown = usd(int(reached.sums.unknown)),
      currency = 'USD' }) }
  publish(KEYS[4], event, budget.id, now)
  if budget.batch then return end
  -- For those who watch the whole store.
  local totals = string.gsub(KEYS[2], 'due$', 'totals')
  redis.call('HINCRBY', totals, 'threshold:' .. reached.percent, 1)
end

-- Tells of a budget that has just reached a threshold. Only what is charged counts.
local function watch_threshold(budget, charged, now)
  local rolls = budget.kind == 'rolling'
  local window = rolls and window_of(budget, now) or charged
  local name = rolls and 'rolling' or window
  local account = KEYS[3] .. ':' .. budget.id
  local told_in, told, told_of = string.match(redis.call('HGET', account, 'told') or '',
    '^(%w+):(%d+):?(%d*)$')
  -- A late charge to a window that is over does not hide what was told of the present one.
  if (tonumber(told_in) or 0) > (tonumber(name) or 0) then return end
  -- A limit that was changed has thresholds of its own.
  if told_in ~= name or (told_of ~= '' and told_of ~= budget.limit) then told = '0' end
  local sums = sums_of(budget, window)
  local percent = 0
  for _, threshold in ipairs(thresholds) do
    if (sums.spent + sums.unknown) * 100 >= tonumber(budget.limit) * threshold then
      percent = threshold
    end
  end
  -- A rolling window has no beginning: it is told of again once it has been below. Another one is
  -- told of once, also when a charge was corrected in between.
  if percent > tonumber(told) or (rolls and percent < tonumber(told)) then
    redis.call('HSET', account, 'told', table.concat({ name, percent, budget.limit }, ':'))
  end
  if percent > tonumber(told) then
    tell_threshold(budget, window, { percent = percent, sums = sums }, now)
  end
end

local function watch_thresholds(accounts, now)
  if accounts == '' then return end
  for _, budget in ipairs(read_terms().budgets) do
    local window = string.match(' ' .. accounts .. ' ', ' ' .. budget.id .. '@(%S+) ')
    if window then watch_threshold(budget, window, now) end
  end
  local batch = string.match(accounts, 'batch:(%S+)@all')
  local id = batch and 'batch:' .. batch
  local limit = id and redis.call('HGET', KEYS[3] .. ':' .. id, 'limit')
  -- It was forgotten, if this is the end of a job that nobody expected to end any more.
  if limit then
    watch_threshold({ id = id, kind = 'total', subject = 'batch', batch = batch, limit = limit },
      'all', now)
  end
end

-- Charges an attempt to the job, its tenant and the budgets that its reservation was taken from.
-- Comes after that reservation was given back: who is told of a threshold sees neither sum twice.
local function charge(spent, unknown, accounts, now)
  move_money(KEYS[1], 'spent', spent, accounts)
  move_money(KEYS[1], 'unknown', unknown, accounts)
  watch_thresholds(accounts, now)
end
