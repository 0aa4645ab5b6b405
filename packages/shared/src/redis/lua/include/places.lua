-- Places: how many jobs of a tenant or key run, and who may be the next one. Keys and arguments as
-- in include/job; everything here is built from KEYS[3], beside what include/money names:
--   <money>:running           hash: API key ('-' for none) -> its jobs that run
--   <money>:queued            hash: API key -> its jobs that are scheduled or queued
--   <money>:called:<subject>  sorted set: jobs that a place is kept for, since when
-- Needs: money

-- How long a job that has left the line keeps its place before it runs, should its ticket be lost.
local called_ms = 30000

-- Counts a job that begins to run, or ceases to.
local function begin_running(job)
  redis.call('HINCRBY', KEYS[3] .. ':running', job.key_id == '' and '-' or job.key_id, 1)
end

local function cease_running(job)
  redis.call('HINCRBY', KEYS[3] .. ':running', job.key_id == '' and '-' or job.key_id, -1)
end

-- Counts a job of a key that begins to wait (1), or ceases to (-1). Moves where the state moves.
local function count_queued(job, change)
  if job.key_id ~= '' then redis.call('HINCRBY', KEYS[3] .. ':queued', job.key_id, change) end
end

local function called_key(subject) return KEYS[3] .. ':called:' .. subject end

local function count_called(subject, now)
  redis.call('ZREMRANGEBYSCORE', called_key(subject), '-inf', int(now - called_ms))
  return redis.call('ZCARD', called_key(subject))
end

-- Keeps a place for a job that gets its ticket now and will run soon: else all in line would go for
-- the one place that came free.
local function call_up(job, now)
  local subjects = {}
  for _, limit in ipairs(read_terms().in_flight) do
    if concerns(limit.subject, job.key_id) then
      redis.call('ZADD', called_key(limit.subject), int(now), job.ref)
      redis.call('PEXPIRE', called_key(limit.subject), called_ms)
      subjects[#subjects + 1] = limit.subject
    end
  end
  if subjects[1] then redis.call('HSET', KEYS[1], 'called', table.concat(subjects, ' ')) end
end

-- The job has come, or comes no more.
local function end_call(job)
  if job.called == '' then return end
  for subject in string.gmatch(job.called, '%S+') do
    redis.call('ZREM', called_key(subject), job.ref)
  end
  redis.call('HDEL', KEYS[1], 'called')
end

-- Why a job may not be started although there is money for it; nothing if it may. With a time,
-- places that are kept for others are taken: who has been called itself does not ask for them.
local function halt_of(job, now)
  local stands = read_terms()
  if stands.paused then return 'paused|' end
  for _, limit in ipairs(stands.in_flight) do
    if concerns(limit.subject, job.key_id) then
      local running = 0
      if limit.subject == 'tenant' then
        for _, count in ipairs(redis.call('HVALS', KEYS[3] .. ':running')) do
          running = running + tonumber(count)
        end
      else
        running = tonumber(redis.call('HGET', KEYS[3] .. ':running', job.key_id) or '0')
      end
      if now then running = running + count_called(limit.subject, now) end
      if running >= limit.max then return 'in_flight|' .. limit.subject end
    end
  end
end
