-- Shared by the scripts that write events for webhook endpoints. Every key of an endpoint is built
-- from `due`, the shard's endpoints by their earliest due event: same tag, so same slot.
--   filters:<tenant>      hash: registered endpoint -> 'on | off' and the types that it wants
--   endpoint:<endpoint>   prefix of one endpoint's keys:
--     :queue              sorted set: event -> when it is due
--     :events             hash: event -> JSON, while it is not over
--     :in-flight          sorted set: event -> when it counts as lost
--     :health             hash: failures in a row, failing_since, hold_until
--     :sequence           number of the newest event; registered endpoints only, as the next ones
--     :log                stream <sequence>-0: the newest events, over or not
--     :attempts           list: the newest attempts
-- @include include/clock

-- What the list of an endpoint's events keeps, and how many old ones a writer looks at, how often.
local log_events_max = 100000
local log_kept_ms = 7 * 24 * 3600 * 1000
local log_trim_every = 64

local function endpoint_prefix(due, endpoint)
  return (string.gsub(due, 'due$', 'endpoint:' .. endpoint))
end

local function endpoint_filters(due, tenant)
  return (string.gsub(due, 'due$', 'filters:' .. tenant))
end

-- S5: the id depends only on what is told to whom, so whoever writes it again writes the same.
local function event_id(subject, endpoint, event)
  return 'evt_' .. redis.sha1hex(subject .. '|' .. endpoint .. '|' .. event.type .. '|' ..
    event.version)
end

-- Makes an event due. One that waits already stays as it is.
local function enqueue(due, endpoint, id, event, now)
  local prefix = endpoint_prefix(due, endpoint)
  redis.call('HSETNX', prefix .. ':events', id, cjson.encode(event))
  redis.call('ZADD', prefix .. ':queue', 'NX', int(now), id)
  local hold_until = tonumber(redis.call('HGET', prefix .. ':health', 'hold_until') or '0')
  redis.call('ZADD', due, 'LT', int(math.max(now, hold_until)), endpoint)
end

-- Events of a fixed time of life: what is older leaves, a few at a time.
local function trim_log(log, now)
  local first_kept
  for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', 2 * log_trim_every)) do
    if tonumber(cjson.decode(entry[2][4]).at) > now - log_kept_ms then break end
    first_kept = int(tonumber(string.match(entry[1], '^%d+')) + 1) .. '-0'
  end
  if first_kept then redis.call('XTRIM', log, 'MINID', first_kept) end
end

-- Numbers an event for one registered endpoint and keeps it in the endpoint's list. The number is
-- part of the id, so that an event is found again by its id without an index.
local function write_in_log(prefix, id_without_number, event, now)
  local log = prefix .. ':log'
  event.sequence = int(redis.call('INCR', prefix .. ':sequence'))
  local id = id_without_number .. '_' .. event.sequence
  redis.call('XADD', log, 'MAXLEN', '~', log_events_max, event.sequence .. '-0', 'id', id, 'event',
    cjson.encode(event))
  redis.call('PEXPIRE', log, log_kept_ms)
  if tonumber(event.sequence) % log_trim_every == 0 then trim_log(log, now) end
  return id
end

-- Writes an event for each registered endpoint of its tenant that wants it, but for `except`.
-- An endpoint that is switched off gets it into its list only, to be replayed from there.
-- Tells whether an event is due now.
local function publish(due, event, subject, now, except)
  local filters = redis.call('HGETALL', endpoint_filters(due, event.tenant))
  local is_due = false
  for i = 1, #filters, 2 do
    local endpoint, filter = filters[i], filters[i + 1]
    local wanted = string.find(filter, ' * ', 1, true) or
      string.find(filter, ' ' .. event.type .. ' ', 1, true)
    if wanted and endpoint ~= except then
      local prefix = endpoint_prefix(due, endpoint)
      local id = write_in_log(prefix, event_id(subject, endpoint, event), event, now)
      if string.sub(filter, 1, 3) == 'on ' then
        enqueue(due, endpoint, id, event, now)
        is_due = true
      end
    end
  end
  event.sequence = nil
  return is_due
end

-- Forgets what waits for an endpoint.
local function drop_queue(due, endpoint)
  local prefix = endpoint_prefix(due, endpoint)
  redis.call('UNLINK', prefix .. ':queue', prefix .. ':events', prefix .. ':in-flight')
  redis.call('ZREM', due, endpoint)
end
