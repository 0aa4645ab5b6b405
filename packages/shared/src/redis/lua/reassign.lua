-- reassign: sends a job back to waiting, for the same model or another one: writes how the attempt
-- ended and what it cost, the new plan, the new reservation and the next check (S5).
--
-- Moves: running -> queued, queued -> queued
-- Called by: dispatch/reassign-job
-- KEYS: 1-4 as in include/job
-- ARGV: 1 clock offset, 2 channel, 3 fence, 4 states it may be in (' running '), 5 fence of the
--   attempt ('' without one), 6 JSON of the attempt's end, 7 spent, 8 unknown, 9 '1' if a worker
--   died, 10 model, 11 JSON of the plan, 12 why chosen, 13 reservation, 14 not before (ms),
--   15 reason code, 16 reason text, 17 ms until the next check of the ticket, 18 mark of the
--   attempt ('reassigned' or 'lost'), 19 'wait' if the job may wait for money, else 'refuse',
--   20 JSON of its promotion ('' without one), 21 what that will probably cost more,
--   22 why it moves, where no attempt tells it ('' else), 23 JSON of its moves with this one (''
--   when only its ticket is new)
-- Returns: {'reassigned', record} | {'over_ceiling'} | {'short', what is left of a budget, '1' if
--   waiting can help, else '0', budget} | {'conflict', state, fence} | {'missing'}
-- Repeated: by (job, fence): gives the record as it stands and changes nothing.
-- @include include/job
-- @include include/ledger

local now = now_ms()
local job = read_fields(KEYS[1], 'id', 'state', 'fence', 'moved_from', 'ceiling', 'spent',
  'unknown', 'reserved', 'deadline', 'ref', 'model', 'held', 'waits', 'accounts', 'key_id',
  'batch', 'priority', 'created', 'called')
if job.state == '' then return { 'missing' } end
local attempt = ARGV[5]
if job.moved_from == ARGV[3] and (attempt == '' or
  redis.call('HGET', KEYS[1], 'a:' .. attempt .. ':mark') == ARGV[18]) then
  return { 'reassigned', redis.call('HGETALL', KEYS[1]) }
end
if job.fence ~= ARGV[3] or not string.find(ARGV[4], ' ' .. job.state .. ' ', 1, true) then
  return conflict(job.state, job.fence)
end

-- S7: judged at the same clock that the renewals are written by, and not on an older reading.
local lease_until = tonumber(redis.call('HGET', KEYS[1], 'lease_until') or '')
if ARGV[18] == 'lost' and attempt ~= '' and lease_until and lease_until > now then
  return conflict(job.state, job.fence)
end

local cost = tonumber(ARGV[7]) + tonumber(ARGV[8])
if cost > tonumber(job.reserved) then
  return redis.error_reply('FOREBAY a charge is above what is reserved')
end
if tonumber(ARGV[13]) > room_of(job) - cost then return { 'over_ceiling' } end

-- A job that holds nothing yet and has not begun goes on holding nothing until it is claimed.
local holds_later = attempt == '' and job.held ~= '1' and job.waits == ''
-- One that only gets a new ticket keeps what it holds: nothing is asked of any budget.
local keeps = attempt == '' and job.held == '1' and job.reserved == ARGV[13]
local given_back, own = {}, {}
for account in string.gmatch(job.accounts, '%S+') do
  given_back[account] = tonumber(job.reserved) - cost
  own[account] = tonumber(job.reserved)
end
local short = not holds_later and not keeps and
  shortage(job, ARGV[13], now, given_back, own)
if short and ARGV[19] ~= 'wait' and not short.comes then
  return { 'short', int(short.left), short.hopeful and '1' or '0', short.id }
end

if not keeps then lower(job, '0') end
if attempt ~= '' then
  local field = 'a:' .. attempt
  redis.call('HSET', KEYS[1], field .. ':end', ARGV[6], field .. ':ended', int(now),
    field .. ':mark', ARGV[18], field .. ':unknown', ARGV[8])
  cease_running(job)
  count_queued(job, 1)
end
if attempt ~= '' or job.model ~= ARGV[10] then
  enter_in_ledger({ attempt = attempt, told = ARGV[6], state = 'queued', spent = ARGV[7],
    unknown = ARGV[8], next = ARGV[10],
    premium = ARGV[21], cause = ARGV[22] }, now)
end
wake(now)
if job.waits ~= '' then leave_line(KEYS[1], job.ref) end
end_call(job)
if ARGV[9] == '1' then redis.call('HINCRBY', KEYS[1], 'worker_deaths', 1) end
if ARGV[20] ~= '' then
  redis.call('HSET', KEYS[1], 'promotion', ARGV[20], 'promoted', int(now))
end
if ARGV[23] ~= '' then redis.call('HSET', KEYS[1], 'moves', ARGV[23]) end
redis.call('HINCRBY', KEYS[1], 'fence', 1)
redis.call('HSET', KEYS[1], 'state', 'queued', 'moved_from', ARGV[3], 'model', ARGV[10],
  'plan', ARGV[11], 'why', ARGV[12], 'held', keeps and '1' or '0', 'wants', ARGV[13],
  'not_before', ARGV[14],
  'claim_token', '', 'lease_until', '', 'reason_code', ARGV[15], 'reason_text', ARGV[16])
if short then
  wait_in_line(KEYS[1], job, waits_for(short), now)
else
  if not holds_later and not keeps then
    take(KEYS[1], job.id, ARGV[13], accounts_of(job, now))
  end
  local check = math.max(now, tonumber(ARGV[14])) + tonumber(ARGV[17])
  redis.call('ZADD', KEYS[2], int(math.min(check, tonumber(job.deadline))), job.ref)
end
-- Told of as it stands from here on: with what the job holds now, without what it held.
charge(ARGV[7], ARGV[8], job.accounts, now)
local version = bump('queued', now)
-- A new ticket for the same place is nothing to tell.
if attempt ~= '' or job.model ~= ARGV[10] then announce('job.reassigned', version, now) end
return { 'reassigned', redis.call('HGETALL', KEYS[1]) }
