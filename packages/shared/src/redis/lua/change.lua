-- change: gives a job that has not ended another priority, deadline or ceiling, if it is still at
-- the version that the caller has seen (decision 0014).
--
-- A waiting job's ticket says priority and deadline. When one of them changes, the job gets a new
-- fence: the old ticket ends silently then (S4), and the caller places a new one, which the due
-- entry brings if it never comes (S3). So does a scheduled job, whose end may just be decided from
-- the old values. A running job keeps its fence and its worker.
--
-- Moves: queued -> queued
-- Called by: intake/change-job
-- KEYS: 1-4 as in include/job
-- ARGV: 1 clock offset, 2 channel, 3 version that the caller has seen ('' for any), 4 mark of the
--   call, 5 priority, 6 deadline, 7 ceiling (each '' to keep what stands), 8 ms until the next
--   check of the ticket
-- Returns: {'changed' | 'other_version' | 'below_use' | 'fixed', record} | {'missing'} |
--   {'archived'} (it has ended, and its record stands in the archive)
-- Repeated: by mark, until another change has come: the record as it stands, unchanged.
-- @include include/job

local now = now_ms()
local job = redis.call('HMGET', KEYS[1], 'state', 'version', 'change_mark', 'priority', 'deadline',
  'ceiling', 'reserved', 'spent', 'unknown', 'run_at', 'not_before', 'ref', 'waits', 'created')
if not job[1] then return { 'missing' } end
local state = job[1]

local function answer(kind)
  return { kind, redis.call('HGETALL', KEYS[1]) }
end

if job[3] == ARGV[4] then return answer('changed') end
if state ~= 'scheduled' and state ~= 'queued' and state ~= 'running' then
  if redis.call('HGET', KEYS[1], 'archived') then return { 'archived' } end
  return answer('fixed')
end
if ARGV[3] ~= '' and ARGV[3] ~= job[2] then return answer('other_version') end

local function wanted(argument, stands)
  return argument ~= '' and argument or stands
end

local priority, deadline = wanted(ARGV[5], job[4]), wanted(ARGV[6], job[5])
local ceiling = wanted(ARGV[7], job[6])
if tonumber(ceiling) < tonumber(job[7]) + tonumber(job[8]) + tonumber(job[9]) then
  return answer('below_use')
end
local leaves_place = priority ~= job[4] or deadline ~= job[5]
-- What stands already is no change: nobody is told, and no ticket gives its place up.
if not leaves_place and ceiling == job[6] then return answer('changed') end

redis.call('HSET', KEYS[1], 'priority', priority, 'deadline', deadline, 'ceiling', ceiling,
  'change_mark', ARGV[4])
if state == 'scheduled' or (state == 'queued' and leaves_place) then
  redis.call('HINCRBY', KEYS[1], 'fence', 1)
  local check = state == 'scheduled' and tonumber(job[10])
    or math.max(now, tonumber(job[11])) + tonumber(ARGV[8])
  redis.call('ZADD', KEYS[2], int(math.min(check, tonumber(deadline))), job[12])
end
-- In line it takes the place that its priority gives it, and is looked at with its new ceiling.
if job[13] and job[13] ~= '' then
  wait_in_line(KEYS[1], { priority = priority, created = job[14], deadline = deadline,
    ref = job[12] }, job[13], now, true)
end
bump(state, now, 'changed')
return answer('changed')
