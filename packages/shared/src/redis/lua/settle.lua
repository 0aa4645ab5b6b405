-- settle: ends a job, once. Writes the attempt, its real cost against the reservation, the
-- terminal state, the answer and the events that announce it, in one step (S1, S5).
--
-- A job ends here in three ways:
--   1. its worker reports (attempt given, fence is the attempt's): the usual way;
--   2. nobody is alive to report (mark 'lost'), or it ends while it waits (no attempt);
--   3. a late answer: the watchdog has given the attempt up, then its worker speaks after all
--      (S7). Its cost is known now, so the worst case charged for it becomes the exact cost. The
--      answer is adopted if nothing newer was sent, else it is waste.
--
-- Moves: running -> succeeded, running -> failed, running -> expired, cancelling -> cancelled
-- Moves: queued -> succeeded, queued -> failed, queued -> expired
-- Moves: scheduled -> failed, scheduled -> expired
-- Called by: execution/keep-answer, dispatch/reassign-job
-- KEYS: 1-4 as in include/job, 5 payload, 6 result
-- ARGV: 1 clock offset, 2 channel, 3 fence, 4 states it may be in (' running '), 5 state to reach,
--   6 fence of the attempt ('' without one), 7 JSON of the attempt's end, 8 spent, 9 unknown,
--   10 reason code, 11 reason text, 12 JSON of the error, 13 JSON of the usage, 14 '1' if there is
--   an answer, 15 sealed answer, 16 ms that the record is kept, 17 ms that the payload is kept,
--   18 mark of the attempt ('settled' or 'lost'), 19 JSON of the error of a cancelled job,
--   20 name of this settlement
-- Returns: {'settled', state, by} | {'adopted', by} (by: '1' if this settlement ended the job, '0'
--   if another one had ended it alike) | {'wasted'} | {'conflict', state, fence} | {'missing'} |
--   {'archived'} (the record must be brought back first)
-- Repeated: by (job, fence): gives the first answer again and changes nothing.
-- @include include/job
-- @include include/ledger

local now = now_ms()
local job = read_fields(KEYS[1], 'id', 'state', 'fence', 'sent_fence', 'reserved', 'ref',
  'archived', 'accounts', 'waits', 'key_id', 'called', 'lease_until')
if job.state == '' then return { 'missing' } end
if job.archived ~= '' then return { 'archived' } end
local state, attempt = job.state, ARGV[6]
local answered = ARGV[14] == '1' and ARGV[5] == 'succeeded'

local function end_attempt(mark)
  if attempt == '' then return end
  local field = 'a:' .. attempt
  redis.call('HSET', KEYS[1], field .. ':end', ARGV[7], field .. ':ended', int(now),
    field .. ':mark', mark, field .. ':unknown', ARGV[9])
end

-- Once for each end, and once more for an answer that came late (`corrects`: what is taken back).
local function enter(after, corrects)
  enter_in_ledger({ attempt = attempt, told = ARGV[7], state = after, spent = ARGV[8],
    unknown = difference(ARGV[9], corrects or '0'), late = corrects, ends = after ~= state }, now)
end

-- The one place that writes a terminal state.
local function finish(final)
  lower(job, '0')
  if state == 'running' or state == 'cancelling' then cease_running(job)
  else count_queued(job, -1) end
  if job.waits ~= '' then leave_line(KEYS[1], job.ref) end
  end_call(job)
  wake(now)
  local error_json = final == 'cancelled' and ARGV[19] or ARGV[12]
  redis.call('HSET', KEYS[1], 'state', final, 'finished', int(now), 'settled_fence', ARGV[3],
    'reason_code', final == 'cancelled' and 'cancelled' or ARGV[10],
    'reason_text', final == 'cancelled' and 'cancelled by the caller' or ARGV[11],
    'error', error_json, 'usage', ARGV[13], 'lease_until', '', 'ended_by', ARGV[20],
    unpack(final == 'succeeded' and { 'has_result', '1' } or {}))
  if final == 'succeeded' then redis.call('SET', KEYS[6], ARGV[15], 'PX', ARGV[16]) end
  leave_checks(job.ref, now)
  redis.call('PEXPIRE', KEYS[1], ARGV[16])
  redis.call('PEXPIRE', KEYS[5], ARGV[17])
  count_jobs(final, 1)
  announce('job.' .. final, bump(final, now), now)
  return { 'settled', final, '1' }
end

-- Two may end a job alike, as when its deadline passes: only one of them has done it.
local function by_this()
  return redis.call('HGET', KEYS[1], 'ended_by') == ARGV[20] and '1' or '0'
end

-- The attempt has ended before: a repeated call, or a late answer.
local mark = attempt ~= '' and redis.call('HGET', KEYS[1], 'a:' .. attempt .. ':mark')
if mark then
  if mark == 'adopted' then return { 'adopted', by_this() } end
  if mark == 'wasted' then return { 'wasted' } end
  if mark ~= 'lost' then
    if mark == ARGV[18] and redis.call('HGET', KEYS[1], 'settled_fence') == ARGV[3] then
      return { 'settled', state, by_this() }
    end
    return conflict(state, job.fence)
  end
  if ARGV[18] == 'lost' then
    if redis.call('HGET', KEYS[1], 'settled_fence') == ARGV[3] then
      return { 'settled', state, by_this() }
    end
    return conflict(state, job.fence)
  end
  local charged = redis.call('HGET', KEYS[1], 'a:' .. attempt .. ':unknown')
  if tonumber(ARGV[8]) + tonumber(ARGV[9]) > tonumber(charged) then
    return redis.error_reply('FOREBAY a late charge is above the worst case charged before')
  end
  -- What was charged at worst case leaves the windows that it was charged to.
  local accounts = redis.call('HGET', KEYS[1], 'a:' .. attempt .. ':accounts') or ''
  move_money(KEYS[1], 'unknown', negative(charged), accounts)
  local ends = answered and state == 'queued' and job.sent_fence == attempt
  -- What it holds for another attempt is not told of beside what this one has cost.
  if ends then lower(job, '0') end
  charge(ARGV[8], ARGV[9], accounts, now)
  wake(now)
  if ends then
    redis.call('HSET', KEYS[1], 'model', cjson.decode(
      redis.call('HGET', KEYS[1], 'a:' .. attempt .. ':start')).model)
    end_attempt('adopted')
    enter('succeeded', charged)
    finish('succeeded')
    return { 'adopted', '1' }
  end
  end_attempt('wasted')
  enter(state, charged)
  bump(state, now)
  return { 'wasted' }
end

-- Nothing ended before: fence and state must be the expected ones.
if attempt == '' and redis.call('HGET', KEYS[1], 'settled_fence') == ARGV[3] and
  state == ARGV[5] then
  return { 'settled', state, by_this() }
end
if job.fence ~= ARGV[3] or not string.find(ARGV[4], ' ' .. state .. ' ', 1, true) then
  return conflict(state, job.fence)
end
-- S7: judged at the same clock that the renewals are written by, and not on an older reading.
if ARGV[18] == 'lost' and attempt ~= '' and (tonumber(job.lease_until) or 0) > now then
  return conflict(state, job.fence)
end
if tonumber(ARGV[8]) + tonumber(ARGV[9]) > tonumber(job.reserved) then
  return redis.error_reply('FOREBAY a charge is above what is reserved')
end
-- What it held is not told of beside what it has cost.
lower(job, '0')
charge(ARGV[8], ARGV[9], job.accounts, now)
end_attempt(ARGV[18])
local final = state == 'cancelling' and 'cancelled' or ARGV[5]
enter(final)
return finish(final)
