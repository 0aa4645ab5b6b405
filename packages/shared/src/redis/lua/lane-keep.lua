-- lane-keep: keeps places of a lane for jobs that are about to move to it, or gives them back: as
-- many as are free, or as may stand there until their own lane takes calls again. What runs, waits
-- or is kept for others counts; so those who move jobs there together move no more than fit.
--
-- Called by: dispatch/move-together
-- KEYS: 1 window, 2 pauses, 3 stops
-- ARGV: 1 clock offset, 2 backlog prefix, 3 prefix of the permit sets, 4 who keeps, 5 places wanted
--   (0 gives back), 6 ms until they come free by themselves, 7 how many may run and wait there in
--   all ('' for what its deployments may run), 8 JSON list of deployments {id, concurrency}
-- Returns: how many are kept
-- Repeated: who keeps places already keeps those; what was given back stays so.
-- @include include/lane

local now = now_ms()
-- <window>:kept  sorted set: who keeps and how many a place it is, by the time until which.
local kept = KEYS[1] .. ':kept'
redis.call('ZREMRANGEBYSCORE', kept, '-inf', int(now))
local wanted = tonumber(ARGV[5])
local held = 0
while redis.call('ZSCORE', kept, ARGV[4] .. '|' .. (held + 1)) do held = held + 1 end
if wanted == 0 then
  for i = 1, held do redis.call('ZREM', kept, ARGV[4] .. '|' .. i) end
  return 0
end
if held > 0 then return held end

-- Places of the deployment beside those that its calls take.
local function places_of(deployment)
  local paused = tonumber(redis.call('HGET', KEYS[2], deployment.id) or '0')
  local stopped = tonumber(redis.call('HGET', KEYS[3], deployment.id) or '0')
  if paused > now or stopped > now then return 0 end
  return deployment.concurrency
end

local standing_max = tonumber(ARGV[7])
local free = standing_max or 0
for _, deployment in ipairs(cjson.decode(ARGV[8])) do
  local running = redis.call('ZCOUNT', ARGV[3] .. ':' .. deployment.id, int(now), '+inf')
  if standing_max then
    free = free - running
  else
    free = free + math.max(0, places_of(deployment) - running)
  end
end
if redis.call('HGET', KEYS[3], 'hold') then free = 0 end
free = free - redis.call('ZCARD', KEYS[1]) - redis.call('HLEN', tickets_key(ARGV[2]))
  - redis.call('ZCARD', kept)
local count = math.max(0, math.min(wanted, free))
for i = 1, count do
  redis.call('ZADD', kept, int(now + tonumber(ARGV[6])), ARGV[4] .. '|' .. i)
end
if count > 0 then redis.call('PEXPIRE', kept, 60000) end
return count
