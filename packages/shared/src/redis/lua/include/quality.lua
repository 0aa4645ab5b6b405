-- Shared by the scripts that learn how good answers are. What is known of them stands in sums: how
-- many, what they add up to, and when that was true, as 'count|sum|ms'. A sum fades: after a
-- half-life it counts half. It is faded when it is written, not when time passes.
local function share_left(at, now, half_life)
  return 0.5 ^ (math.max(0, now - at) / half_life)
end

-- Count and sum, faded to now; and whether there was one.
local function read_sum(key, field, now, half_life)
  local count, sum, at = string.match(redis.call('HGET', key, field) or '',
    '^([^|]+)|([^|]+)|(%d+)$')
  if not at then return 0, 0, false end
  local left = share_left(tonumber(at), now, half_life)
  return left * (tonumber(count) or 0), left * (tonumber(sum) or 0), true
end

-- A sum is never more than one for each that it counts, and never below nothing.
local function write_sum(key, field, count, sum, now)
  redis.call('HSET', key, field,
    string.format('%.6f|%.6f|%s', count, math.min(count, math.max(0, sum)), int(now)))
end
