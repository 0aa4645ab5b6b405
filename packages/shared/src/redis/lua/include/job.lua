-- Shared by the scripts that change a job. They agree on these keys and arguments:
--   KEYS[1] job record   KEYS[2] due set of the shard   KEYS[3] money of the tenant
--   KEYS[4] webhook endpoints of the shard by their earliest due event
--   ARGV[1] clock offset in ms (0 outside property tests)   ARGV[2] channel of changes

-- A record of another schema is left untouched, whoever asks.
local record_schema = '1'
local stored_schema = redis.call('HGET', KEYS[1], 'schema')
if stored_schema and stored_schema ~= record_schema then
  return redis.error_reply('FOREBAY the record has schema ' .. stored_schema .. ', not ours')
end

-- @include include/hooks
-- @include include/money
-- @include include/places

-- Fields of a record by their names; '' for one that it lacks.
local function read_fields(record, ...)
  local names = { ... }
  local values = redis.call('HMGET', record, ...)
  local fields = {}
  for i, name in ipairs(names) do fields[name] = values[i] or '' end
  return fields
end

-- S1: nothing was changed; the caller learns where the job stands.
local function conflict(state, fence)
  return { 'conflict', state, fence }
end

-- Counts jobs as admitted, or as ended in a state, in the shard's totals (P25).
local function count_jobs(what, count)
  redis.call('HINCRBY', (string.gsub(KEYS[2], 'due$', 'totals')), what, int(count))
end

-- What those must hear of who run jobs and deliver events, apart from all the other changes: a
-- wish about a running job, an event that waits. Each change would wake every worker for nothing.
local function order(id, version, state)
  redis.call('PUBLISH', ARGV[2] .. ':orders', id .. ' ' .. version .. ' ' .. state)
end

-- S5: the event is written in the same step as the state it announces: for the tenant's registered
-- endpoints that want it, and for the URL that the job itself named.
local function announce(event_type, version, now)
  local job = redis.call('HMGET', KEYS[1], 'id', 'hook_events', 'hook_endpoint',
    'hook_url', 'tenant')
  local event = { type = event_type, job = job[1], tenant = job[5], version = version,
    at = int(now) }
  local waits = publish(KEYS[4], event, job[1], now)
  if job[2] and string.find(job[2], ' ' .. event_type .. ' ', 1, true) then
    event.url = job[4]
    enqueue(KEYS[4], job[3], event_id(job[1], job[3], event), event, now)
    waits = true
  end
  if waits then order(job[1], version, string.sub(event_type, #'job.' + 1)) end
end

-- A job that has ended needs no checks any more; the archiver finds it by the time of its end.
local function leave_checks(ref, now)
  redis.call('ZREM', KEYS[2], ref)
  -- Built from the due set's key: same tag, so same slot.
  local ended = string.gsub(KEYS[2], 'due$', 'ended')
  redis.call('ZADD', ended, int(now), ref)
end

-- What is kept of a job's history: hand-backs have no bound, the log has.
local log_characters_max = 16384

-- A line of the log: version|ms|state|reason|model|attempts begun.
local function change_line(version, now, state, ...)
  return table.concat({ version, int(now), state, ... }, '|')
end

-- Ends every change: the version grows by one, the change goes into the job's log, waiters are
-- woken. The log tells why the job stands where it stands now, unless another reason is given.
local function bump(state, now, reason)
  local job = redis.call('HMGET', KEYS[1], 'id', 'log', 'reason_code', 'model', 'attempt_count',
    'version')
  local version = int(tonumber(job[6] or '0') + 1)
  local line = change_line(version, now, state, reason or job[3], job[4], job[5])
  local log = job[2] and job[2] .. '\n' .. line or line
  if #log > log_characters_max then
    log = string.sub(log, string.find(log, '\n', #log - log_characters_max, true) + 1)
  end
  redis.call('HSET', KEYS[1], 'version', version, 'log', log)
  redis.call('PUBLISH', ARGV[2], job[1] .. ' ' .. version .. ' ' .. state)
  if state == 'cancelling' or reason == 'changed' then order(job[1], version, state) end
  return version
end
