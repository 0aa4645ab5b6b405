-- cancel: ends a job that waits, or asks the worker of a running one to let go.
--
-- Moves: scheduled -> cancelled, queued -> cancelled, running -> cancelling
-- Called by: intake/cancel-job
-- KEYS: 1-4 as in include/job, 5 payload
-- ARGV: 1 clock offset, 2 channel, 3 ms that the record is kept, 4 ms that the payload is kept,
--   5 JSON of the job's error, 6 name of this call
-- Returns: {'cancelled' | 'cancelling' | 'already_ended', record} | {'missing'} |
--   {'archived'} (it has ended, and its record stands in the archive)
-- Repeated: by name, as the first time; else answers with where the job stands, asks only once.
-- @include include/job
-- @include include/ledger

local now = now_ms()
local job = read_fields(KEYS[1], 'id', 'state', 'reserved', 'accounts', 'waits', 'ref',
  'key_id', 'called')
local state = job.state
if state == '' then return { 'missing' } end
if state == 'running' then
  redis.call('HSET', KEYS[1], 'state', 'cancelling', 'cancel_requested', int(now), 'reason_code',
    'cancelling', 'reason_text', 'waiting for the worker to let go')
  bump('cancelling', now)
  return { 'cancelling', redis.call('HGETALL', KEYS[1]) }
end
if state == 'queued' or state == 'scheduled' then
  lower(job, '0')
  count_queued(job, -1)
  if job.waits ~= '' then leave_line(KEYS[1], job.ref) end
  end_call(job)
  wake(now)
  redis.call('HSET', KEYS[1], 'state', 'cancelled', 'cancel_requested', int(now), 'finished',
    int(now), 'reason_code', 'cancelled', 'reason_text', 'cancelled before it was sent',
    'error', ARGV[5], 'ended_by', ARGV[6])
  leave_checks(job.ref, now)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PEXPIRE', KEYS[5], ARGV[4])
  count_jobs('cancelled', 1)
  enter_in_ledger({ attempt = '', told = '', state = 'cancelled', spent = '0', unknown = '0',
    ends = true }, now)
  announce('job.cancelled', bump('cancelled', now), now)
  return { 'cancelled', redis.call('HGETALL', KEYS[1]) }
end
if state == 'cancelling' then return { 'cancelling', redis.call('HGETALL', KEYS[1]) } end
if redis.call('HGET', KEYS[1], 'archived') then return { 'archived' } end
local by = redis.call('HGET', KEYS[1], 'ended_by')
return { by == ARGV[6] and 'cancelled' or 'already_ended', redis.call('HGETALL', KEYS[1]) }
