-- lane-break: an operator opens the breaker of a deployment, or closes it. Opened, it lets one
-- call try when the time is over and then ramps, as after an outage. Closed with a time, failures
-- do not open it until then. Calls that run go on.
--
-- Called by: admin/breaker-routes, holds/run-breaker
-- KEYS: 1 health of the deployment
-- ARGV: 1 clock offset, 2 'open' | 'closed', 3 ms for which (0 to only close), 4 settings
--   of the breaker, 5 who, 6 why ('' when nobody says)
-- Returns: the state until now, 'open' | 'ramping' | 'closed'
-- Repeated: sets it in the same way, for the time from then on.
-- @include include/lane
-- @include include/health
-- @include include/breaker

local now = now_ms()
local before = redis.call('HGET', KEYS[1], 'state') or 'closed'
local for_ms = tonumber(ARGV[3]) or 0
close_breaker(KEYS[1])
if ARGV[2] == 'open' then
  local settings = breaker_settings(ARGV[4])
  redis.call('HSET', KEYS[1], 'state', 'open', 'since', int(now), 'out_since', int(now),
    'until_ms', int(now + for_ms), 'opens', 1, 'reason', 'operator',
    'ramp_ms', int(settings.ramp_ms), 'probe_ms', int(settings.open_ms_max))
elseif for_ms > 0 then
  redis.call('HSET', KEYS[1], 'shut_until', int(now + for_ms))
end
if for_ms > 0 then redis.call('HSET', KEYS[1], 'by', ARGV[5], 'why', ARGV[6]) end
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], int(day_ms + for_ms)) end
return before
