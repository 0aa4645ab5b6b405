-- Shared by all scripts. ARGV[1] is the clock offset in ms: 0 outside property tests.

-- Whole numbers as text: Lua's own conversion loses digits above 1e14.
local function int(number)
  return string.format('%.0f', number)
end

-- The server's clock decides about leases, deadlines, permits and deliveries.
local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
end
