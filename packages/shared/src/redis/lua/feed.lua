-- feed: makes a job ready for the window: takes the reservation of a job that has none yet, turns
-- a scheduled job whose time has come into a queued one, and lets one go on that waits for money
-- or for a place, or leaves it in line.
--
-- Moves: scheduled -> queued
-- Called by: dispatch/due-sweeper
-- KEYS: 1-4 as in include/job
-- ARGV: 1 clock offset, 2 channel, 3 fence, 4 reservation (used only if none is held),
--   5 ms until the next check of the ticket, 6 '1' to be told what a budget has left rather than to
--   leave the job in line for it, because its output may be cut
-- Returns: {'fed', record} | {'held'} (it waits in line) | {'early', run at} | {'over_ceiling'} |
--   {'over_budget', what is left, '1' if it may wait, else '0', budget} (it does not fit, and
--   waiting will not help, or the caller wants to know) | {'conflict', state, fence} | {'missing'}
-- Repeated: a job that is queued and holds its reservation answers {'fed', record}.
-- @include include/job

local now = now_ms()
local job = read_fields(KEYS[1], 'id', 'state', 'fence', 'held', 'run_at', 'deadline', 'ceiling',
  'reserved', 'spent', 'unknown', 'ref', 'waits', 'key_id', 'batch', 'priority', 'created', 'plan',
  'model', 'early', 'accounts')
if job.state == '' then return { 'missing' } end
if job.fence ~= ARGV[3] or (job.state ~= 'queued' and job.state ~= 'scheduled') then
  return conflict(job.state, job.fence)
end
if job.state == 'scheduled' and tonumber(job.run_at) > now then return { 'early', job.run_at } end
-- Else it stands where this would bring it; a bulk call's line then takes its money with the claim.
local moves = job.state == 'scheduled' or job.waits ~= ''
local takes = moves and job.held ~= '1'

-- Tells only what is new: a job may be looked at many times while it waits for the same.
local function stand_in_line(waits, at_once)
  wait_in_line(KEYS[1], job, waits, now, at_once)
  if job.state == 'scheduled' or job.waits ~= waits then
    redis.call('HSET', KEYS[1], 'state', 'queued')
    bump('queued', now)
  end
  return { 'held' }
end

local reservation, pick = ARGV[4], nil
if takes then
  if tonumber(reservation) > room_of(job) then return { 'over_ceiling' } end
  local short = shortage(job, reservation, now)
  if short and (short.cheaper or not short.hopeful) then
    pick = first_that_fits(job, now)
  end
  if short and not pick then
    -- A line that was let in only because it may be cut, and has held nothing yet, is refused now.
    local is_refused = short.rejects and job.early == '1' and job.accounts == ''
    local may_wait = short.hopeful and not is_refused
    local tells = not may_wait or (ARGV[6] == '1' and not short.of_all)
    if tells and job.state == 'queued' then
      return { 'over_budget', int(short.left), may_wait and '1' or '0', short.id }
    end
    return stand_in_line(waits_for(short), tells)
  end
end
local halt = moves and halt_of(job, now)
if halt then return stand_in_line(halt) end

if pick then
  reservation = pick.reservationNanoUsd
  redis.call('HSET', KEYS[1], 'model', pick.model, 'why', why_cheaper(pick))
end
if takes then take(KEYS[1], job.id, reservation, accounts_of(job, now)) end
-- Where one went on, the next one may too.
if job.waits ~= '' then
  leave_line(KEYS[1], job.ref)
  wake(now)
end
if moves then
  call_up(job, now)
  redis.call('HSET', KEYS[1], 'state', 'queued', 'reason_code', 'queued', 'reason_text',
    'waiting for a place')
  bump('queued', now)
end
-- On its way to a worker the ticket is looked after more closely than in the backlog.
redis.call('ZADD', KEYS[2], int(math.min(now + tonumber(ARGV[5]), tonumber(job.deadline))),
  job.ref)
return { 'fed', redis.call('HGETALL', KEYS[1]) }
