-- admit: makes jobs of one tenant. Idempotency record, job record, reservation, index and due
-- entry of all of them in one step (S2). The tickets come after; if they never come, the due
-- entries bring them (S3).
--
-- Moves: - -> scheduled, - -> queued
-- Called by: intake/admit-what-fits, intake/bulk/admit-lines
-- KEYS: 1-4 as in include/job (the record is the first job's; those of the others and all payloads
--   are built from it: same tag, so same slot), 5 index of the tenant's jobs
-- ARGV: 1 clock offset, 2 channel, 3 what a refused job means for the others: 'each' (nothing),
--   'until_refused' (later ones are withheld) or 'all_or_none'; 'tell' is 'each', and a job whose
--   output may be cut is not made to wait for a budget: it hears what is left, 4 prefix of the
--   idempotency records, 5 ms that an idempotency record must live at least, 6 ms until the first
--   check of a ticket, 7 ms that the index keeps a job, 8... for each job its key's hash ('' if it
--   has none), fingerprint, reservation ('' to take it with the claim), sealed payload, jobs of its
--   API key that may wait ('' for any number), number of values that follow, field, value, field
-- Returns: list, for each job 'admitted|birth in ms|state|fence|version', and '|other' if it stands
--   otherwise than it was sent | 'replayed|job id' | 'idempotency_mismatch' | 'withheld' |
--   'queue_full' | 'over_budget|budget|what is left of it|ms when it begins anew, or nothing|1 if
--   waiting can help, else 0' | 'stopped|reason'
-- Repeated: a job id that is there gives 'admitted' and where the job stands now, unchanged.
-- @include include/job

local now = now_ms()
local first_id = string.match(KEYS[1], '[^:]+$')
local job_prefix = string.sub(KEYS[1], 1, -#first_id - 1)

local function read_job(argument)
  local job = { key_id = '', batch = '', spent = '0', unknown = '0', created = int(now),
    key = ARGV[argument], fingerprint = ARGV[argument + 1],
    reservation = ARGV[argument + 2], payload = ARGV[argument + 3],
    queued_max = tonumber(ARGV[argument + 4]) or math.huge, first = argument + 6,
    last = argument + 5 + tonumber(ARGV[argument + 5]) }
  for i = job.first, job.last, 2 do job[ARGV[i]] = ARGV[i + 1] end
  job.record = job_prefix .. job.id
  return job
end

-- Keys that earlier jobs of this call are going to claim, and what they are going to take from
-- each account, as an amount given back.
local claims, taken = {}, {}

-- What the caller gets for a job that is not made, nothing for one that is; and whether that stands
-- only if the others of this call are made: the same job again, of which the first one is new.
local function judge(job)
  local stands = redis.call('HMGET', job.record, 'created', 'state', 'fence', 'version', 'model',
    'waits')
  if stands[1] then
    local other = stands[5] ~= job.model or (stands[6] and stands[6] ~= '')
    return 'admitted|' .. table.concat(stands, '|', 1, 4) .. (other and '|other' or '')
  end
  if job.key == '' then return nil end
  local claim = claims[job.key]
  if not claim then
    local held = redis.call('HMGET', ARGV[4] .. job.key, 'fingerprint', 'job')
    -- A key whose job has outlived its retention is free again; one whose job was deleted is not,
    -- as long as the mark of that stands.
    local record = held[1] and job_prefix .. held[2]
    if record and redis.call('EXISTS', record, record .. ':deleted') > 0 then
      claim = { fingerprint = held[1], id = held[2] }
    end
  end
  if not claim then
    claims[job.key] = { fingerprint = job.fingerprint, id = job.id, is_new = true }
    return nil
  end
  if claim.fingerprint ~= job.fingerprint then return 'idempotency_mismatch' end
  return 'replayed|' .. claim.id, claim.is_new
end

-- Jobs of each key that this call is going to add to those that wait.
local places = {}

local function judge_place(job)
  if job.key_id == '' or job.queued_max == math.huge then return nil end
  local waiting = tonumber(redis.call('HGET', KEYS[3] .. ':queued', job.key_id) or '0')
  if waiting + (places[job.key_id] or 0) >= job.queued_max then return 'queue_full' end
end

-- Why a job that would be made cannot be: nothing, if its money is there or it may wait for it.
-- Settles on the candidate that it gets in place of its first one, and on what it waits for.
local function judge_money(job)
  if read_terms().stopped then return 'stopped|' .. read_terms().stopped end
  if job.run_at ~= '' then return nil end
  local amount, holds = job.wants, job.reservation ~= ''
  -- What earlier jobs of this call are going to hold may come back like what others hold.
  local short = shortage(job, amount, now, taken, taken)
  -- A line is cut when it is fed, to what is left by then. If that is too little it is refused.
  if short and not holds and short.left > 0 and may_be_cut(job.spec, short) then
    job.is_early = short.rejects
    return nil
  end
  if short and not short.rejects and (not short.hopeful or (short.cheaper and holds)) then
    job.pick = first_that_fits(job, now, taken)
  end
  if short and not job.pick then
    local tells = ARGV[3] == 'tell' and holds and may_be_cut(job.spec, short)
    if tells or short.rejects or not short.hopeful then
      return table.concat({ 'over_budget', short.id, int(short.left), renewal_of(short),
        short.hopeful and '1' or '0' }, '|')
    end
    if holds then job.waits = waits_for(short) end
  end
  if job.pick then amount = job.pick.reservationNanoUsd end
  if holds and not job.waits then
    for account in string.gmatch(accounts_of(job, now), '%S+') do
      taken[account] = (taken[account] or 0) - tonumber(amount)
    end
  end
end

-- Members of each index that this call touches.
local indexed = {}
local batches = {}

local function enter(index, id)
  local members = indexed[index] or {}
  indexed[index] = members
  members[#members + 1] = int(now)
  members[#members + 1] = id
end

-- Nobody is woken: a job that is not yet acknowledged has nobody who waits for it.
local function make(job)
  local scheduled = job.run_at ~= ''
  local state = scheduled and 'scheduled' or 'queued'
  local due = scheduled and tonumber(job.run_at) or now + tonumber(ARGV[6])
  redis.call('HSET', job.record, 'state', state, 'created', int(now), 'version', '1', 'fence', '1',
    'reserved', '0', 'spent', '0', 'unknown', '0', 'held', '0',
    'log', change_line('1', now, state, job.waits and 'held' or job.reason_code,
    job.pick and job.pick.model or job.model, job.attempt_count),
    unpack(ARGV, job.first, job.last))
  redis.call('SET', job.record .. ':payload', job.payload)
  count_queued(job, 1)
  redis.call('ZADD', KEYS[2], int(math.min(due, tonumber(job.deadline))), job.ref)
  if job.pick then
    redis.call('HSET', job.record, 'model', job.pick.model, 'why', why_cheaper(job.pick),
      'wants', job.pick.reservationNanoUsd)
  end
  if job.is_early then redis.call('HSET', job.record, 'early', '1') end
  if job.waits then
    wait_in_line(job.record, job, job.waits, now)
  elseif not scheduled and job.reservation ~= '' then
    local amount = job.pick and job.pick.reservationNanoUsd or job.reservation
    take(job.record, job.id, amount, accounts_of(job, now))
  end
  enter(KEYS[5], job.id)
  -- Built from the tenant's index: same tag, so same slot.
  if job.batch ~= '' then
    enter(KEYS[5] .. ':batch:' .. job.batch, job.id)
    batches[job.batch] = true
  end
  if job.key ~= '' then
    redis.call('HSET', ARGV[4] .. job.key, 'fingerprint', job.fingerprint, 'job', job.id)
    -- The job ends by its deadline; the record outlives both that and the published minimum.
    local live = math.max(tonumber(ARGV[5]), tonumber(job.deadline) - now + tonumber(ARGV[5]))
    redis.call('PEXPIRE', ARGV[4] .. job.key, int(live))
  end
  local verdict = table.concat({ 'admitted', int(now), state, '1', '1' }, '|')
  return (job.waits or job.pick) and verdict .. '|other' or verdict
end

local jobs = {}
local argument = 8
local arguments = #ARGV
while argument <= arguments do
  local job = read_job(argument)
  if tonumber(job.wants) > tonumber(job.ceiling) then
    return redis.error_reply('FOREBAY the first reservation is above the ceiling')
  end
  jobs[#jobs + 1] = job
  argument = job.last + 1
end

local is_refusal = { idempotency_mismatch = true, queue_full = true, over_budget = true,
  stopped = true }

-- All are judged before anything is written, so that a refusal can still hold the others back.
local verdicts, depends = {}, {}
local refused = false
for i, job in ipairs(jobs) do
  if refused and ARGV[3] == 'until_refused' then
    verdicts[i] = 'withheld'
  else
    local verdict, on_others = judge(job)
    if not verdict then
      verdict = judge_place(job) or judge_money(job)
      -- Who is not made claims no key.
      if verdict and job.key ~= '' then claims[job.key] = nil end
    end
    if not verdict then places[job.key_id] = (places[job.key_id] or 0) + 1 end
    verdicts[i], depends[i] = verdict or 'new', on_others
    refused = refused or is_refusal[string.match(verdicts[i], '^[^|]+')]
  end
end

local withhold = refused and ARGV[3] == 'all_or_none'
local made = 0
for i, job in ipairs(jobs) do
  if verdicts[i] == 'new' then
    verdicts[i] = withhold and 'withheld' or make(job)
    if not withhold then made = made + 1 end
  elseif withhold and depends[i] then
    verdicts[i] = 'withheld'
  end
end
if made > 0 then count_jobs('admitted', made) end

-- An index forgets with the retention, and leaves with its last job.
for index, members in pairs(indexed) do
  redis.call('ZREMRANGEBYSCORE', index, '-inf', int(now - tonumber(ARGV[7])))
  redis.call('ZADD', index, unpack(members))
  redis.call('PEXPIRE', index, ARGV[7])
end
-- A ceiling outlives its last line, also where a later call of the same bulk did not name it again.
for batch in pairs(batches) do
  redis.call('PEXPIRE', KEYS[3] .. ':batch:' .. batch, ARGV[7])
end
return verdicts
