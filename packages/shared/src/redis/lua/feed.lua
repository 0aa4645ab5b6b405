-- feed: makes a job ready for the window: takes the reservation of a job that has none yet, and
-- turns a scheduled job whose time has come into a queued one.
--
-- Moves: scheduled -> queued
-- Called by: dispatch/due-sweeper
-- KEYS: 1-4 as in include/job
-- ARGV: 1 clock offset, 2 channel, 3 fence, 4 reservation (used only if none is held),
--   5 ms until the next check of the ticket
-- Returns: {'fed', record} | {'early', run at} | {'over_ceiling'} | {'conflict', state, fence} |
--   {'missing'}
-- Repeated: a job that is queued and holds its reservation answers {'fed', record}.
-- @include include/job

local now = now_ms()
local job = redis.call('HMGET', KEYS[1], 'state', 'fence', 'held', 'run_at', 'deadline', 'ceiling',
  'spent', 'unknown', 'ref')
if not job[1] then return { 'missing' } end
if job[2] ~= ARGV[3] or (job[1] ~= 'queued' and job[1] ~= 'scheduled') then
  return conflict(job[1], job[2])
end
if job[1] == 'scheduled' and tonumber(job[4]) > now then return { 'early', job[4] } end

if job[3] ~= '1' then
  local total = tonumber(job[7]) + tonumber(job[8]) + tonumber(ARGV[4])
  if total > tonumber(job[6]) then return { 'over_ceiling' } end
  reserve(ARGV[4])
  redis.call('HSET', KEYS[1], 'held', '1')
end
if job[1] == 'scheduled' then
  redis.call('HSET', KEYS[1], 'state', 'queued', 'reason_code', 'queued', 'reason_text',
    'waiting for a place')
  bump('queued', now)
end
-- On its way to a worker the ticket is looked after more closely than in the backlog.
redis.call('ZADD', KEYS[2], int(math.min(now + tonumber(ARGV[5]), tonumber(job[5]))), job[9])
return { 'fed', redis.call('HGETALL', KEYS[1]) }
