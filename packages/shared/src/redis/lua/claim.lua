-- claim: gives a queued job to one worker (S4): raises the fence, starts the lease, hands out the
-- payload. From here the attempt counts as sent. A job that holds no money yet takes it here; one
-- that must wait for money or for a place loses its ticket and stands in line.
--
-- Moves: queued -> running
-- Called by: execution/execute-job
-- KEYS: 1-4 as in include/job, 5 payload
-- ARGV: 1 clock offset, 2 channel, 3 fence of the ticket, 4 claim token, 5 worker, 6 lease in ms,
--   7 model, 8 deployment, 9 worst case at that deployment ('' for that of the plan),
--   10 reason code, 11 reason text, 12 JSON of the price row that the attempt is charged by ('' if
--   unknown)
-- Returns: {'claimed', record, payload} | {'held'} | {'too_late'} | {'conflict', state, fence} |
--   {'missing'}
-- Repeated: the holder of the token gets the same answer while it runs; who was told that the job
--   is held gets a conflict.
-- @include include/job

local now = now_ms()
local job = read_fields(KEYS[1], 'id', 'state', 'fence', 'claim_token', 'deadline', 'reserved',
  'why', 'ref', 'held', 'waits', 'wants', 'accounts', 'key_id', 'batch', 'priority', 'created',
  'ceiling', 'spent', 'unknown', 'called', 'attempt_count', 'started')
if job.state == '' then return { 'missing' } end
if (job.state == 'running' or job.state == 'cancelling') and job.claim_token == ARGV[4] then
  return { 'claimed', redis.call('HGETALL', KEYS[1]), redis.call('GET', KEYS[5]) or '' }
end
if job.state ~= 'queued' or job.fence ~= ARGV[3] or job.waits ~= '' then
  return conflict(job.state, job.fence)
end
if now >= tonumber(job.deadline) then return { 'too_late' } end

local holds = job.held == '1'
local reservation = ARGV[9] ~= '' and ARGV[9] or holds and job.reserved or job.wants
-- A claim may lower what is held, never raise it.
if holds and tonumber(reservation) > tonumber(job.reserved) then
  return redis.error_reply('FOREBAY a claim asked for more than is reserved')
end

local function stand_in_line(waits, at_once)
  redis.call('HINCRBY', KEYS[1], 'fence', 1)
  wait_in_line(KEYS[1], job, waits, now, at_once)
  bump('queued', now)
  return { 'held' }
end

end_call(job)
local halt = halt_of(job)
if halt then return stand_in_line(halt) end
if holds and has_lapsed(job, now) then
  lower(job, '0')
  redis.call('HSET', KEYS[1], 'held', '0')
  holds = false
end
if holds then
  if reservation ~= job.reserved then
    lower(job, reservation)
    wake(now)
  end
else
  if tonumber(reservation) > room_of(job) then return stand_in_line('ceiling|', true) end
  local short = shortage(job, reservation, now)
  -- Whether another model or less output would fit, and whether waiting can help, is asked where
  -- a job is fed.
  if short then
    return stand_in_line(waits_for(short), short.cheaper or not short.hopeful or
      may_be_cut(redis.call('HGET', KEYS[1], 'spec'), short))
  end
  job.accounts = accounts_of(job, now)
  take(KEYS[1], job.id, reservation, job.accounts)
end
begin_running(job)
count_queued(job, -1)

local fence, n = int(tonumber(job.fence) + 1), int((tonumber(job.attempt_count) or 0) + 1)
local attempt = 'a:' .. fence
local start = cjson.encode({
  n = n, fence = fence, model = ARGV[7], deployment = ARGV[8], worker = ARGV[5],
  started = int(now), why = job.why, reserved = reservation,
  price = ARGV[12] ~= '' and ARGV[12] or nil,
})
local lease_until = int(now + tonumber(ARGV[6]))
redis.call('HSET', KEYS[1], 'state', 'running', 'fence', fence, 'attempt_count', n,
  'claim_token', ARGV[4], 'sent_fence', fence, 'lease_until', lease_until, 'model', ARGV[7],
  'started', job.started == '' and int(now) or job.started, 'reason_code', ARGV[10],
  'reason_text', ARGV[11], attempt .. ':start', start)
if job.accounts ~= '' then redis.call('HSET', KEYS[1], attempt .. ':accounts', job.accounts) end
redis.call('ZADD', KEYS[2], lease_until, job.ref)
announce('job.started', bump('running', now), now)
return { 'claimed', redis.call('HGETALL', KEYS[1]), redis.call('GET', KEYS[5]) or '' }
