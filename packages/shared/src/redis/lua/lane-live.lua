-- lane-live: the figures of a lane that routing looks at; with a holder of permits also its
-- sign of life. Bounded: of each class the first eight tenants are looked at.
--
-- Called by: live/live-view, pool/pool-heartbeat
-- KEYS: 1 window, 2 pauses, 3 stops, 4 stats, 5 pools, 6 rate
-- ARGV: 1 clock offset, 2 backlog prefix, 3 prefix of the permit sets, 4 prefix of the health
--   hashes, 5 holder ('' to only look), 6 ms after which a pool without a sign of life is dead,
--   7 how many classes, 8... classes, most urgent first, then deployments
-- Returns: {now, waiting, service ms or '', living pools, how an operator holds it or '', answers
--   in the last three full seconds}, {class of content, real tokens for each guessed one, ...},
--   {waiting, oldest ticket next in line or ''} of each class, {running, paused until, stopped
--   until, {state of the breaker, since, until, ramp ms, reason, when it opened, who set it by
--   hand, why, until when failures do not open it, or '' each}, counters of a slot as one text...}
--   of each deployment
-- Repeated: looks again.
-- @include include/lane
-- @include include/health

local now = now_ms()
local tenants_max = 8
if ARGV[5] ~= '' then redis.call('ZADD', KEYS[5], int(now), ARGV[5]) end
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', int(now - 20 * tonumber(ARGV[6])))

local classes, deployments = {}, {}
for i, name in ipairs({ unpack(ARGV, 8) }) do
  local list = i <= tonumber(ARGV[7]) and classes or deployments
  list[#list + 1] = name
end
local backlogs = redis.call('HMGET', counts_key(ARGV[2]), unpack(classes))
local windows = redis.call('HMGET', KEYS[1] .. ':classes', unpack(classes))

local function waiting_of(i, class)
  local backlog, window = tonumber(backlogs[i] or '0'), tonumber(windows[i] or '0')
  local oldest = ''
  if backlog > 0 then
    local tenants = redis.call('LRANGE', ring_key(ARGV[2], class), 0, tenants_max - 1)
    for _, tenant in ipairs(tenants) do
      local head = redis.call('ZRANGE', queue_key(ARGV[2], class, tenant), 0, 0)[1]
      -- Ids begin with the time at which they were made, so the smallest is the oldest.
      if head and (oldest == '' or head < oldest) then oldest = head end
    end
  end
  return { int(backlog + window), oldest }
end

local function times_of(key)
  return deployments[1] and redis.call('HMGET', key, unpack(deployments)) or {}
end
local paused, stopped = times_of(KEYS[2]), times_of(KEYS[3])

local function later_than_now(stored)
  local until_ms = tonumber(stored or '0')
  return int(until_ms > now and until_ms or 0)
end

local function look_at_deployment(i, id)
  local health = health_key(ARGV[4], id)
  local breaker = redis.call('HMGET', health, 'state', 'since', 'until_ms', 'ramp_ms', 'reason',
    'out_since', 'by', 'why', 'shut_until')
  for part = 1, 9 do breaker[part] = breaker[part] or '' end
  return {
    redis.call('ZCOUNT', ARGV[3] .. ':' .. id, int(now), '+inf'),
    later_than_now(paused[i]),
    later_than_now(stopped[i]),
    breaker,
    unpack(newest_slots(health, now)),
  }
end

local factors = {}
local stats = redis.call('HGETALL', KEYS[4])
for i = 1, #stats, 2 do
  local content = string.match(stats[i], '^tokens:(.*)$')
  if content then
    factors[#factors + 1] = content
    factors[#factors + 1] = stats[i + 1]
  end
end
local figures = {
  {
    int(now),
    redis.call('ZCARD', KEYS[1]) + redis.call('HLEN', tickets_key(ARGV[2])),
    redis.call('HGET', KEYS[4], 'service_ms') or '',
    redis.call('ZCOUNT', KEYS[5], int(now - tonumber(ARGV[6])), '+inf'),
    redis.call('HGET', KEYS[3], 'hold') or '',
    int(answers_lately(KEYS[6], now)),
  },
  factors,
}
for i, class in ipairs(classes) do figures[#figures + 1] = waiting_of(i, class) end
for i, id in ipairs(deployments) do figures[#figures + 1] = look_at_deployment(i, id) end
return figures
