-- admit: makes a job. Idempotency record, job record, reservation, index and due entry in one
-- step (S2). The ticket comes after; if it never comes, the due entry brings it (S3).
--
-- Moves: - -> scheduled, - -> queued
-- Called by: intake/submit-job
-- KEYS: 1-4 as in include/job, 5 payload, 6 idempotency record, 7 index of the tenant's jobs
-- ARGV: 1 clock offset, 2 channel, 3 fingerprint ('' without a key), 4 ms that the idempotency
--   record must live at least, 5 reservation, 6 ms until the first check of the ticket,
--   7 sealed payload, 8 ms that the index keeps a job, 9... field, value, field, value
-- Returns: {'admitted', record} | {'replayed', job id} | {'idempotency_mismatch'}
-- Repeated: the same job id gives {'admitted', record} again and changes nothing.
-- @include include/job

local now = now_ms()
if redis.call('EXISTS', KEYS[1]) == 1 then
  return { 'admitted', redis.call('HGETALL', KEYS[1]) }
end

if ARGV[3] ~= '' then
  local held = redis.call('HMGET', KEYS[6], 'fingerprint', 'job')
  -- A key whose job has outlived its retention is free again.
  local id = string.match(KEYS[1], '[^:]+$')
  local job_key = held[2] and string.sub(KEYS[1], 1, -#id - 1) .. held[2]
  if held[1] and redis.call('EXISTS', job_key) == 1 then
    if held[1] ~= ARGV[3] then return { 'idempotency_mismatch' } end
    return { 'replayed', held[2] }
  end
end

redis.call('HSET', KEYS[1], unpack(ARGV, 9))
local job = redis.call('HMGET', KEYS[1], 'id', 'run_at', 'deadline', 'ceiling', 'ref', 'batch')
if tonumber(ARGV[5]) > tonumber(job[4]) then
  redis.call('DEL', KEYS[1])
  return redis.error_reply('FOREBAY the first reservation is above the ceiling')
end

local scheduled = job[2] ~= ''
local state = scheduled and 'scheduled' or 'queued'
local due = scheduled and tonumber(job[2]) or now + tonumber(ARGV[6])
redis.call('HSET', KEYS[1], 'state', state, 'created', int(now), 'version', '0', 'fence', '1',
  'reserved', '0', 'spent', '0', 'unknown', '0', 'held', scheduled and '0' or '1')
if not scheduled then reserve(ARGV[5]) end
redis.call('SET', KEYS[5], ARGV[7])
redis.call('ZADD', KEYS[2], int(math.min(due, tonumber(job[3]))), job[5])

-- An index forgets with the retention, and leaves with its last job.
local function index(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', int(now - tonumber(ARGV[8])))
  redis.call('ZADD', key, int(now), job[1])
  redis.call('PEXPIRE', key, ARGV[8])
end
index(KEYS[7])
-- Built from the tenant's index: same tag, so same slot.
if job[6] then index(KEYS[7] .. ':batch:' .. job[6]) end
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[6], 'fingerprint', ARGV[3], 'job', job[1])
  -- The job ends by its deadline; the record outlives both that and the published minimum.
  local live = math.max(tonumber(ARGV[4]), tonumber(job[3]) - now + tonumber(ARGV[4]))
  redis.call('PEXPIRE', KEYS[6], int(live))
end
count_job('admitted')
bump(state, now)
return { 'admitted', redis.call('HGETALL', KEYS[1]) }
