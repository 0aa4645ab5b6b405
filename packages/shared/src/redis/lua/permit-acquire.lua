-- permit-acquire: picks a deployment of the model and takes its concurrency, requests per minute
-- and tokens per minute for one call. Live permits never exceed a limit at any instant, over all
-- processes: a permit counts until it is given back or until its call can no longer be running.
--
-- Both rates are a generic cell rate algorithm (GCRA): a bucket stores the theoretical arrival
-- time; each unit pushes it on by its emission interval; a call fits while that time is no
-- further ahead than the stated burst.
--
-- Called by: pool/model-pool
-- KEYS: 1 window, 2 buckets, 3 pauses, 4 stops
-- ARGV: 1 clock offset, 2 prefix of the permit sets, 3 ticket, 4 ticket and holder, 5 tokens,
--   6 ms to hold, 7 JSON list of deployments {id, concurrency, rpm, burst, tpm, weight, order}
-- Returns: {'granted', deployment} | {'denied', ms until a retry makes sense, what is scarce}
-- Repeated: the holder of a ticket's permit gets the same one.
-- @include include/lane

local now = now_ms()
local ticket, permit, tokens = ARGV[3], ARGV[4], tonumber(ARGV[5])
local minute = 60000
-- How soon to ask again when every place is taken: nobody knows when one is given back.
local busy_retry_ms = 100

local function permits_key(id) return ARGV[2] .. ':' .. id end

-- The wait until `units` fit a bucket, 0 if they fit now; and the time the bucket then stores.
local function bucket_wait(field, per_unit_ms, units, burst_ms)
  local stored = tonumber(redis.call('HGET', KEYS[2], field) or '0')
  local start = math.max(stored, now)
  local cost = units * per_unit_ms
  -- A call larger than the whole burst fits once the bucket is full.
  local room = math.max(burst_ms, cost)
  return math.max(0, start + cost - room - now), start + cost
end

local function look_at(deployment)
  local stopped = tonumber(redis.call('HGET', KEYS[4], deployment.id) or '0')
  if stopped > now then return nil, stopped - now, 'stopped' end
  local paused = tonumber(redis.call('HGET', KEYS[3], deployment.id) or '0')
  if paused > now then return nil, paused - now, 'paused' end
  local key = permits_key(deployment.id)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', int(now))
  local in_flight = redis.call('ZCARD', key)
  if in_flight >= deployment.concurrency then return nil, busy_retry_ms, 'concurrency' end
  local fit = { id = deployment.id, order = deployment.order,
    load = (in_flight + 1) / deployment.weight }
  if deployment.rpm then
    local interval = minute / deployment.rpm
    local wait, stored = bucket_wait('rpm:' .. deployment.id, interval, 1,
      interval * deployment.burst)
    if wait > 0 then return nil, wait, 'rpm' end
    fit.rpm = stored
  end
  if deployment.tpm then
    local wait, stored = bucket_wait('tpm:' .. deployment.id, minute / deployment.tpm, tokens,
      minute)
    if wait > 0 then return nil, wait, 'tpm' end
    fit.tpm = stored
  end
  return fit
end

local deployments = cjson.decode(ARGV[7])
for _, deployment in ipairs(deployments) do
  local held_until = redis.call('ZSCORE', permits_key(deployment.id), permit)
  if held_until and tonumber(held_until) > now then
    redis.call('ZADD', permits_key(deployment.id), int(now + tonumber(ARGV[6])), permit)
    return { 'granted', deployment.id }
  end
end

local best, soonest, scarce = nil, nil, 'concurrency'
for _, deployment in ipairs(deployments) do
  local fit, wait, what = look_at(deployment)
  if not fit then
    if not soonest or wait < soonest then soonest, scarce = wait, what end
  elseif not best or fit.order < best.order or
    (fit.order == best.order and fit.load < best.load) then
    best = fit
  end
end
if not best then return { 'denied', int(math.max(1, math.ceil(soonest or minute))), scarce } end

redis.call('ZADD', permits_key(best.id), int(now + tonumber(ARGV[6])), permit)
if best.rpm then redis.call('HSET', KEYS[2], 'rpm:' .. best.id, string.format('%.3f', best.rpm)) end
if best.tpm then
  redis.call('HSET', KEYS[2], 'tpm:' .. best.id, string.format('%.3f', best.tpm))
end
leave_window(KEYS[1], ticket)
return { 'granted', best.id }
