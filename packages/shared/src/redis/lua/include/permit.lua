-- Shared by the scripts that take permits and give them back. Each deployment's live permits are a
-- sorted set: ticket and holder by the time until which the permit counts.
--
-- Both rates are a generic cell rate algorithm (GCRA): a bucket stores the theoretical arrival
-- time; each unit pushes it on by its emission interval; a call fits while that time is no
-- further ahead than the stated burst.
-- @include include/lane
-- @include include/health
-- @include include/choice
-- @include include/breaker

local minute = 60000
-- How soon to ask again when every place is taken: nobody knows when one is given back.
local busy_retry_ms = 100

local function permits_key(prefix, id) return prefix .. ':' .. id end

-- The wait until `units` fit a bucket, 0 if they fit now; and the time the bucket then stores.
local function bucket_wait(stored, per_unit_ms, units, burst_ms, now)
  local start = math.max(tonumber(stored or '0'), now)
  local cost = units * per_unit_ms
  -- A call larger than the whole burst fits once the bucket is full.
  local room = math.max(burst_ms, cost)
  return math.max(0, start + cost - room - now), start + cost
end

-- Whether a deployment can take the call now; else how long that will be so, and what is scarce.
-- deployment: what the caller names, `stopped` and `paused` (until when, '0' if not)
local function look_at(lane, deployment, call, now)
  local stopped, paused = tonumber(deployment.stopped), tonumber(deployment.paused)
  if stopped > now then return nil, stopped - now, 'stopped' end
  if paused > now then return nil, paused - now, 'paused' end
  local key = permits_key(lane.permits, deployment.id)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', int(now))
  local in_flight = redis.call('ZCARD', key)
  if in_flight >= deployment.concurrency then return nil, busy_retry_ms, 'concurrency' end
  local health = health_key(lane.health, deployment.id)
  local room, wait_ms, is_probe = deployment.concurrency, nil, false
  if deployment.breaks then
    room, wait_ms, is_probe = breaker_room(lane, health, key, deployment.concurrency,
      now)
    if not room then return nil, wait_ms, 'breaker' end
    if in_flight >= room then return nil, busy_retry_ms, 'concurrency' end
  end
  local fit = { id = deployment.id, order = deployment.order, health = health,
    is_probe = is_probe, in_flight = in_flight, places = room * deployment.weight }
  if deployment.rpm then
    local interval = minute / deployment.rpm
    local bucket = redis.call('HMGET', lane.buckets, 'rpm:' .. deployment.id,
      'back:' .. deployment.id)
    local wait, stored = bucket_wait(bucket[1], interval, 1, interval * deployment.burst, now)
    if wait > 0 then return nil, wait, 'rpm' end
    fit.rpm = stored
    fit.unit = string.format('%.3f', stored + tonumber(bucket[2] or '0'))
  end
  if deployment.tpm then
    local wait, stored = bucket_wait(redis.call('HGET', lane.buckets, 'tpm:' .. deployment.id),
      minute / deployment.tpm, call.tokens, minute, now)
    if wait > 0 then return nil, wait, 'tpm' end
    fit.tpm = stored
  end
  return fit
end

-- Picks a deployment and takes what the call needs of it.
-- lane: keys `window`, `buckets`, `pauses`, `stops`, `pools`, the prefixes `permits` and `health`,
--   and `pool_dead_ms`
-- call: `ticket`, `permit` (ticket and holder), `tokens`, `hold_ms`
local function take_permit(lane, call, deployments, now)
  local until_ms = int(now + call.hold_ms)
  local ids = {}
  for i, deployment in ipairs(deployments) do
    ids[i] = deployment.id
    local key = permits_key(lane.permits, deployment.id)
    local held_until = redis.call('ZSCORE', key, call.permit)
    if held_until and tonumber(held_until) > now then
      redis.call('ZADD', key, until_ms, call.permit)
      return { 'granted', deployment.id }
    end
  end

  local stops = redis.call('HMGET', lane.stops, 'hold', unpack(ids))
  -- Asked again soon, so that a model that an operator lets go on does so at once.
  if stops[1] then return { 'denied', '1000', 'held' } end
  local pauses = redis.call('HMGET', lane.pauses, unpack(ids))

  local fits, soonest, scarce = {}, nil, 'concurrency'
  for i, deployment in ipairs(deployments) do
    deployment.stopped, deployment.paused = stops[i + 1] or '0', pauses[i] or '0'
    local fit, wait, what = look_at(lane, deployment, call, now)
    if fit then
      fits[#fits + 1] = fit
    elseif not soonest or wait < soonest then
      soonest, scarce = wait, what
    end
  end
  if #fits == 0 then
    return { 'denied', int(math.max(1, math.ceil(soonest or minute))), scarce }
  end

  local best = choose_fit(fits)
  redis.call('ZADD', permits_key(lane.permits, best.id), until_ms, call.permit)
  for _, rate in ipairs({ 'rpm', 'tpm' }) do
    if best[rate] then
      redis.call('HSET', lane.buckets, rate .. ':' .. best.id, string.format('%.3f', best[rate]))
    end
  end
  if best.is_probe then note_probe(best.health, call.permit, now) end
  leave_window(lane.window, call.ticket)
  return { 'granted', best.id, best.unit }
end

-- What a complete answer teaches about the whole model.
local function learn_answer(lane, back)
  local tokens = 'tokens:' .. back.content
  local means = redis.call('HMGET', lane.stats, 'service_ms', tokens)
  -- Exponentially weighted mean with weight 0.2: about the last ten calls.
  local mean = tonumber(means[1] or back.service_ms)
  local learnt = { 'service_ms',
    string.format('%.1f', mean + 0.2 * (tonumber(back.service_ms) - mean)) }
  if back.content ~= '' then
    -- The guess at the tokens of a class of content: a mean with weight 0.1 that begins at 1.
    local factor = tonumber(means[2] or '1')
    learnt[3] = tokens
    learnt[4] = string.format('%.4f', factor + 0.1 * (tonumber(back.factor) - factor))
  end
  redis.call('HSET', lane.stats, unpack(learnt))
end

-- Gives the unit of the requests per minute of a call that was not made back. A bucket empties in
-- the order of its units, and what has run out of it already has come back by itself: to give that
-- back too would let more calls through than the rate. `back.unit` is when the unit will have run
-- out, plus all that had been given back when it was taken: what was since brings its end nearer.
local function give_unit_back(lane, back, now)
  local rate, total = 'rpm:' .. back.deployment, 'back:' .. back.deployment
  local bucket = redis.call('HMGET', lane.buckets, rate, total)
  local before = tonumber(bucket[2] or '0')
  local given = math.min(minute / tonumber(back.rpm), tonumber(back.unit) - before - now)
  if not bucket[1] or given <= 0 then return end
  redis.call('HSET', lane.buckets, rate,
    string.format('%.3f', math.max(now, tonumber(bucket[1]) - given)),
    total, string.format('%.3f', before + given))
end

-- Counts a complete answer for the whole model.
local function count_answer(lane, back, now)
  -- Only complete answers count as throughput: they are what widens the window.
  local second = math.floor(now / 1000)
  if redis.call('HINCRBY', lane.rate, int(second), 1) == 1 then
    for _, field in ipairs(redis.call('HKEYS', lane.rate)) do
      if tonumber(field) < second - 5 then redis.call('HDEL', lane.rate, field) end
    end
    redis.call('EXPIRE', lane.rate, 60)
  end
  learn_answer(lane, back)
end

-- Counts the end of a call for its deployment; returns what became of the breaker, if anything.
local function note_end(lane, back, now)
  local health = health_key(lane.health, back.deployment)
  local h = read_health(health)
  count_call(slot_for(health, h, now), back)
  local level = level_after(h, back, breaker_places(h, back.concurrency, now) * back.weight)
  if level then redis.call('HSET', health, 'level', level) end
  if back.service_ms ~= '' then
    local mean = tonumber(h.service_ms or back.service_ms)
    redis.call('HSET', health, 'service_ms',
      string.format('%.1f', mean + 0.2 * (tonumber(back.service_ms) - mean)))
  end
  return judge_call(health, h, back, now)
end

-- Gives a permit back; false if it was not held, and then nothing is counted. The second result is
-- what became of the deployment's breaker, if anything.
-- lane: keys `buckets`, `rate`, `stats` and the prefixes `permits` and `health`
-- back: as read_return reads it
local function give_permit_back(lane, back, now)
  local key = permits_key(lane.permits, back.deployment)
  if redis.call('ZREM', key, back.permit) == 0 then return false end
  if back.tpm ~= '' and tonumber(back.unused) ~= 0 then
    local field = 'tpm:' .. back.deployment
    local stored = tonumber(redis.call('HGET', lane.buckets, field) or '0')
    local given = tonumber(back.unused) * minute / tonumber(back.tpm)
    redis.call('HSET', lane.buckets, field, string.format('%.3f', stored - given))
  end
  if back.rpm ~= '' and back.unit ~= '' then give_unit_back(lane, back, now) end
  if back.service_ms ~= '' then count_answer(lane, back, now) end
  return true, back.took_ms ~= '' and note_end(lane, back, now) or nil
end

-- What is given back, from the last arguments of a script, in this order: deployment; ticket
--   and holder; tokens to give back (reserved - used, 0 if unknown); tokens per minute (''
--   without a limit); service time in ms ('' for failures); class of content ('' teaches
--   nothing); real tokens for each guessed one; requests per minute ('' without a limit); the
--   unit of these to give back ('' if a call was made); ms that the call took ('' if there is
--   nothing to tell); its class of failure ('' for an answer); what that says of the deployment
--   (`good` or `bad`); buckets of first byte, total and each output token ('' where unknown);
--   settings of the breaker ('' when it is off); jitter (0 to 1); the deployment's concurrency and
--   its weight
local function read_return(a)
  return { deployment = a[1], permit = a[2], unused = a[3], tpm = a[4], service_ms = a[5],
    content = a[6], factor = a[7], rpm = a[8], unit = a[9], took_ms = a[10], failure = a[11],
    verdict = a[12], first_byte = a[13], total = a[14], per_token = a[15],
    settings = breaker_settings(a[16]), jitter = tonumber(a[17]),
    concurrency = tonumber(a[18]), weight = tonumber(a[19]) }
end
