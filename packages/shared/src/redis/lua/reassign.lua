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
--   attempt ('reassigned' or 'lost')
-- Returns: {'reassigned', record} | {'over_ceiling'} | {'conflict', state, fence} | {'missing'}
-- Repeated: by (job, fence): gives the record as it stands and changes nothing.
-- @include include/job
-- @include include/ledger

local now = now_ms()
local job = redis.call('HMGET', KEYS[1], 'state', 'fence', 'moved_from', 'ceiling', 'spent',
  'unknown', 'reserved', 'deadline', 'ref', 'model')
if not job[1] then return { 'missing' } end
local attempt = ARGV[5]
if job[3] == ARGV[3] and (attempt == '' or
  redis.call('HGET', KEYS[1], 'a:' .. attempt .. ':mark') == ARGV[18]) then
  return { 'reassigned', redis.call('HGETALL', KEYS[1]) }
end
if job[2] ~= ARGV[3] or not string.find(ARGV[4], ' ' .. job[1] .. ' ', 1, true) then
  return conflict(job[1], job[2])
end

-- S7: judged at the same clock that the renewals are written by, and not on an older reading.
local lease_until = tonumber(redis.call('HGET', KEYS[1], 'lease_until') or '')
if ARGV[18] == 'lost' and lease_until and lease_until > now then return conflict(job[1], job[2]) end

local charge = tonumber(ARGV[7]) + tonumber(ARGV[8])
if charge > tonumber(job[7]) then
  return redis.error_reply('FOREBAY a charge is above what is reserved')
end
if tonumber(job[5]) + tonumber(job[6]) + charge + tonumber(ARGV[13]) > tonumber(job[4]) then
  return { 'over_ceiling' }
end
move_money('spent', ARGV[7])
move_money('unknown', ARGV[8])
reserve(ARGV[13])

if attempt ~= '' then
  local field = 'a:' .. attempt
  redis.call('HSET', KEYS[1], field .. ':end', ARGV[6], field .. ':ended', int(now),
    field .. ':mark', ARGV[18], field .. ':unknown', ARGV[8])
end
if attempt ~= '' or job[10] ~= ARGV[10] then
  enter_in_ledger({ attempt = attempt, told = ARGV[6], state = 'queued', spent = ARGV[7],
    unknown = ARGV[8], next = ARGV[10] }, now)
end
if ARGV[9] == '1' then redis.call('HINCRBY', KEYS[1], 'worker_deaths', 1) end
redis.call('HINCRBY', KEYS[1], 'fence', 1)
redis.call('HSET', KEYS[1], 'state', 'queued', 'moved_from', ARGV[3], 'model', ARGV[10],
  'plan', ARGV[11], 'why', ARGV[12], 'held', '1', 'not_before', ARGV[14], 'claim_token', '',
  'lease_until', '', 'reason_code', ARGV[15], 'reason_text', ARGV[16])
local check = math.max(now, tonumber(ARGV[14])) + tonumber(ARGV[17])
redis.call('ZADD', KEYS[2], int(math.min(check, tonumber(job[8]))), job[9])
local version = bump('queued', now)
-- A new ticket for the same place is nothing to tell.
if attempt ~= '' or job[10] ~= ARGV[10] then announce('job.reassigned', version, now) end
return { 'reassigned', redis.call('HGETALL', KEYS[1]) }
