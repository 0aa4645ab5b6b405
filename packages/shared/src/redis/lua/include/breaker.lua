-- The breaker of a deployment: it keeps calls off while they fail, lets one call at a time try,
-- and then lets more in from moment to moment. Its state stands in the deployment's health hash:
--   state         absent (closed), 'open' or 'ramping'; open and past `until_ms` is half open
--   since         when that state began; calls that began earlier say nothing about it
--   opens         how often it opened without closing in between: each time it stays open longer
--   out_since     when it opened first of these times
--   fails         failures in a row; calls and bad, calls_before and bad_before: of this half of
--                 the window and of the one before
--   probe         ticket and holder of the call that tries; from `probe_until` on others ask
--                 whether its worker still lives
--   ramp_ms, probe_ms  as the settings were when it opened; `opened` counts openings
--   by, why       who opened or closed it by hand, and what they said
--   shut_until    until when failures do not open it, because somebody closed it by hand

local breaker_half_ms = 10000
-- How soon to ask again while another call tries, at first; later, after as long as it has run.
local probe_retry_ms = 250

-- The settings in the order in which domain/breaker writes them; nil when the breaker is off.
local function breaker_settings(text)
  local failures, error_rate, calls_min, open_ms, open_ms_max, ramp_ms =
    string.match(text, '^(%d+)|([%d.]+)|(%d+)|(%d+)|(%d+)|(%d+)$')
  if not failures then return nil end
  return { failures = tonumber(failures), error_rate = tonumber(error_rate),
    calls_min = tonumber(calls_min), open_ms = tonumber(open_ms),
    open_ms_max = tonumber(open_ms_max), ramp_ms = tonumber(ramp_ms) }
end

-- How many calls a deployment may run while it ramps, or when it does not.
local function breaker_places(h, concurrency, now)
  if h.state ~= 'ramping' then return concurrency end
  local part = math.min(1, (now - tonumber(h.since)) / tonumber(h.ramp_ms))
  return 1 + math.floor((concurrency - 1) * part)
end

-- Whether the call that tries still runs. Its permit counts for as long as the longest call may
-- last. Where its process has died nobody waits for that, but no call is doubted for being slow.
local function is_probing(lane, permits, probe, doubt_ms, now)
  if not probe or not redis.call('ZSCORE', permits, probe) then return false end
  if doubt_ms > now then return true end
  local seen_ms = redis.call('ZSCORE', lane.pools, string.match(probe, '@(.*)$'))
  return seen_ms and tonumber(seen_ms) > now - lane.pool_dead_ms
end

-- How many calls a deployment may run now, or nil and the wait until one may try; and whether a
-- call that begins now is the one that tries.
local function breaker_room(lane, health, permits, concurrency, now)
  local h = redis.call('HMGET', health, 'state', 'since', 'until_ms', 'ramp_ms', 'probe',
    'probe_until', 'probe_ms')
  if h[1] ~= 'open' then
    return breaker_places({ state = h[1], since = h[2], ramp_ms = h[4] }, concurrency, now)
  end
  local left = tonumber(h[3]) - now
  if left > 0 then return nil, left end
  local doubt_ms = tonumber(h[6] or '0')
  if is_probing(lane, permits, h[5], doubt_ms, now) then
    return nil, math.max(probe_retry_ms, now - (doubt_ms - tonumber(h[7] or '0')))
  end
  return concurrency, nil, true
end

local function note_probe(health, permit, now)
  local probe_ms = tonumber(redis.call('HGET', health, 'probe_ms') or '0')
  redis.call('HSET', health, 'probe', permit, 'probe_until', int(now + probe_ms))
end

local function forget_counts(health)
  redis.call('HDEL', health, 'fails', 'half', 'calls', 'bad', 'calls_before', 'bad_before',
    'probe', 'probe_until')
end

local function open_breaker(health, settings, opens, call, now)
  local wished = settings.open_ms * 2 ^ math.min(opens, 30)
  -- Up to a tenth less, so that breakers that opened together do not all try together.
  local for_ms = math.ceil(math.min(settings.open_ms_max, wished) * (1 - 0.1 * call.jitter))
  forget_counts(health)
  redis.call('HSET', health, 'state', 'open', 'since', int(now), 'until_ms', int(now + for_ms),
    'opens', int(opens + 1), 'reason', call.failure, 'ramp_ms', int(settings.ramp_ms),
    'probe_ms', int(settings.open_ms_max))
  redis.call('HDEL', health, 'by', 'why')
  redis.call('HSETNX', health, 'out_since', int(now))
  redis.call('HINCRBY', health, 'opened', 1)
  return { 'open', call.failure, int(for_ms) }
end

local function close_breaker(health)
  forget_counts(health)
  redis.call('HDEL', health, 'state', 'until_ms', 'opens', 'out_since', 'reason', 'ramp_ms',
    'probe_ms', 'by', 'why', 'shut_until')
  return { 'closed', '', '0' }
end

-- Counts one call; returns the counts of the window with it.
local function count_verdict(health, h, is_bad, now)
  local half = math.floor(now / breaker_half_ms)
  local apart = half - tonumber(h.half or '0')
  local calls, bad = tonumber(h.calls or '0'), tonumber(h.bad or '0')
  local before, bad_before = tonumber(h.calls_before or '0'), tonumber(h.bad_before or '0')
  if apart > 0 then
    before, bad_before = apart == 1 and calls or 0, apart == 1 and bad or 0
    calls, bad = 0, 0
  end
  calls, bad = calls + 1, bad + (is_bad and 1 or 0)
  if apart > 0 then
    redis.call('HSET', health, 'half', int(half), 'calls', int(calls), 'bad', int(bad),
      'calls_before', int(before), 'bad_before', int(bad_before))
  else
    redis.call('HSET', health, 'calls', int(calls), 'bad', int(bad))
  end
  return calls + before, bad + bad_before
end

-- The end of a call while the breaker is open. Calls that began before it opened say nothing new;
-- only the one that tries does.
local function judge_probe(health, h, call, now)
  if h.probe ~= call.permit then return nil end
  if call.verdict == 'bad' then
    return open_breaker(health, call.settings, tonumber(h.opens), call, now)
  end
  redis.call('HDEL', health, 'probe', 'probe_until')
  redis.call('HSET', health, 'state', 'ramping', 'since', int(now))
  return { 'ramping', '', '0' }
end

-- What the end of a call says about its deployment. Returns nil, or what became of the breaker:
-- {state, why, ms until it is half open}.
-- call: `permit`, `failure` (its class), `verdict` ('good' or 'bad'), `took_ms`, `settings` of the
--   breaker (nil when it is off) and `jitter` (0 to 1)
local function judge_call(health, h, call, now)
  if not call.settings then return h.state and close_breaker(health) or nil end
  if h.state == 'open' then return judge_probe(health, h, call, now) end
  local change, since, opens = nil, tonumber(h.since or '0'), tonumber(h.opens or '0')
  local is_ramping = h.state == 'ramping'
  if is_ramping and now - since >= tonumber(h.ramp_ms) then
    change, is_ramping, opens = close_breaker(health), false, 0
  end
  if now - tonumber(call.took_ms) < since then return change end
  local calls, bad = count_verdict(health, h, call.verdict == 'bad', now)
  if call.verdict == 'good' then
    if h.fails then redis.call('HDEL', health, 'fails') end
    return change
  end
  local fails = redis.call('HINCRBY', health, 'fails', 1)
  -- Who has just come back gets less patience.
  local failures_max = is_ramping and math.min(2, call.settings.failures) or call.settings.failures
  local is_often = calls >= call.settings.calls_min and bad >= call.settings.error_rate * calls
  if fails < failures_max and not is_often then return change end
  if h.shut_until and now < tonumber(h.shut_until) then return change end
  return open_breaker(health, call.settings, opens, call, now)
end
