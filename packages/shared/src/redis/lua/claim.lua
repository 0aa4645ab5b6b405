-- claim: gives a queued job to one worker (S4): raises the fence, starts the lease, hands out the
-- payload. From here the attempt counts as sent.
--
-- Moves: queued -> running
-- Called by: execution/execute-job
-- KEYS: 1-4 as in include/job, 5 payload
-- ARGV: 1 clock offset, 2 channel, 3 fence of the ticket, 4 claim token, 5 worker, 6 lease in ms,
--   7 model, 8 deployment, 9 worst case at that deployment ('' keeps what is held),
--   10 reason code, 11 reason text, 12 JSON of the price row that the attempt is charged by ('' if
--   unknown)
-- Returns: {'claimed', record, payload} | {'too_late'} | {'conflict', state, fence} | {'missing'}
-- Repeated: the holder of the token gets the same answer while it runs.
-- @include include/job

local now = now_ms()
local job = redis.call('HMGET', KEYS[1], 'state', 'fence', 'claim_token', 'deadline', 'reserved',
  'why', 'ref', 'held')
if not job[1] then return { 'missing' } end
if (job[1] == 'running' or job[1] == 'cancelling') and job[3] == ARGV[4] then
  return { 'claimed', redis.call('HGETALL', KEYS[1]), redis.call('GET', KEYS[5]) or '' }
end
if job[1] ~= 'queued' or job[2] ~= ARGV[3] or job[8] ~= '1' then return conflict(job[1], job[2]) end
if now >= tonumber(job[4]) then return { 'too_late' } end
-- A claim may lower what is held, never raise it.
local reservation = ARGV[9] == '' and job[5] or ARGV[9]
if tonumber(reservation) > tonumber(job[5]) then
  return redis.error_reply('FOREBAY a claim asked for more than is reserved')
end
reserve(reservation)

local fence = int(redis.call('HINCRBY', KEYS[1], 'fence', 1))
local n = int(redis.call('HINCRBY', KEYS[1], 'attempt_count', 1))
redis.call('HSET', KEYS[1], 'a:' .. fence .. ':start', cjson.encode({
  n = n, fence = fence, model = ARGV[7], deployment = ARGV[8], worker = ARGV[5],
  started = int(now), why = job[6], reserved = reservation,
  price = ARGV[12] ~= '' and ARGV[12] or nil,
}))
local lease_until = int(now + tonumber(ARGV[6]))
redis.call('HSET', KEYS[1], 'state', 'running', 'claim_token', ARGV[4], 'sent_fence', fence,
  'lease_until', lease_until, 'model', ARGV[7], 'reason_code', ARGV[10], 'reason_text', ARGV[11])
redis.call('HSETNX', KEYS[1], 'started', int(now))
redis.call('ZADD', KEYS[2], lease_until, job[7])
announce('job.started', bump('running', now), now)
return { 'claimed', redis.call('HGETALL', KEYS[1]), redis.call('GET', KEYS[5]) or '' }
