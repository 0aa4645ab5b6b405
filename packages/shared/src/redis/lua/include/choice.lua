-- The choice among deployments of one order that could all take a call: the one whose places will
-- have worked least with it. So unequal deployments are loaded in the ratio of their capacities at
-- any load (record 0040). In the deployment's health hash:
--   level  ms that each of its places has worked; absent until it was chosen among several

-- How far a deployment may lag behind the most loaded one, in calls of the slowest: what it makes
-- up for after it was full for a while, but not all that it missed while it was out.
local lag_calls_max = 4

-- Reads what the choice goes by; returns how long a call of the slowest takes.
local function weigh(fits)
  local fastest_ms, slowest_ms = nil, 1
  for _, fit in ipairs(fits) do
    local known = redis.call('HMGET', fit.health, 'service_ms', 'level')
    fit.service_ms, fit.level = tonumber(known[1] or '0'), known[2] and tonumber(known[2])
    if fit.service_ms > 0 then
      fastest_ms = math.min(fastest_ms or fit.service_ms, fit.service_ms)
      slowest_ms = math.max(slowest_ms, fit.service_ms)
    end
  end
  for _, fit in ipairs(fits) do
    -- What has not been measured yet counts as fast, so that it will be.
    local service_ms = fit.service_ms > 0 and fit.service_ms or fastest_ms or 1
    fit.each_ms = service_ms / fit.places
    -- Calls that run count as if they had ended.
    fit.running_ms = fit.in_flight * fit.each_ms
  end
  return slowest_ms
end

local function keep_level(fit, level)
  fit.level = level
  redis.call('HSET', fit.health, 'level', string.format('%.3f', level))
  keep_health(fit.health)
end

-- fits: as look_at makes them
local function choose_fit(fits)
  local order, first = fits[1].order, {}
  for _, fit in ipairs(fits) do order = math.min(order, fit.order) end
  for _, fit in ipairs(fits) do
    if fit.order == order then first[#first + 1] = fit end
  end
  if #first == 1 then return first[1] end
  local slowest_ms, front = weigh(first), nil
  for _, fit in ipairs(first) do
    if fit.level then front = math.max(front or 0, fit.level + fit.running_ms) end
  end
  front = front or 0
  local best
  for _, fit in ipairs(first) do
    -- A new one begins where the others are.
    if not fit.level then keep_level(fit, front - fit.running_ms) end
    local least = front - fit.running_ms - lag_calls_max * slowest_ms
    fit.base = math.max(fit.level, least)
    fit.reached = fit.base + fit.running_ms + fit.each_ms
    if not best or fit.reached < best.reached then best = fit end
  end
  if best.base > best.level then keep_level(best, best.base) end
  return best
end

-- The level after a call that is over; nil where none is kept. One that failed counts at least as
-- much as an answer: who fails at once would else be sent the more calls for it.
local function level_after(h, call, places)
  if not h.level then return nil end
  local work_ms = math.max(1, tonumber(call.took_ms))
  if call.failure ~= '' then work_ms = math.max(work_ms, tonumber(h.service_ms or '0')) end
  return string.format('%.3f', tonumber(h.level) + work_ms / places)
end
