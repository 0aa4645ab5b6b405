-- permit-release: gives a permit back, corrects the tokens per minute to what was used, and
-- counts the finished call for the live figures.
--
-- Called by: pool/model-pool
-- KEYS: 1 permits of the deployment, 2 buckets, 3 rate, 4 stats
-- ARGV: 1 clock offset, 2 deployment, 3 ticket and holder, 4 tokens to give back (reserved -
--   used, 0 if unknown), 5 tokens per minute ('' without a limit), 6 service time in ms ('' for
--   failures)
-- Returns: 1 if the permit was held, else 0
-- Repeated: 0, and nothing is counted twice.
-- @include include/lane

if redis.call('ZREM', KEYS[1], ARGV[3]) == 0 then return 0 end
local now = now_ms()
if ARGV[5] ~= '' and tonumber(ARGV[4]) ~= 0 then
  local field = 'tpm:' .. ARGV[2]
  local stored = tonumber(redis.call('HGET', KEYS[2], field) or '0')
  local given = tonumber(ARGV[4]) * 60000 / tonumber(ARGV[5])
  redis.call('HSET', KEYS[2], field, string.format('%.3f', stored - given))
end
-- Only complete answers count as throughput: they are what widens the window.
if ARGV[6] ~= '' then
  local second = math.floor(now / 1000)
  redis.call('HINCRBY', KEYS[3], int(second), 1)
  for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
    if tonumber(field) < second - 5 then redis.call('HDEL', KEYS[3], field) end
  end
  redis.call('EXPIRE', KEYS[3], 60)
  -- Exponentially weighted mean with weight 0.2: about the last ten calls.
  local mean = tonumber(redis.call('HGET', KEYS[4], 'service_ms') or ARGV[6])
  redis.call('HSET', KEYS[4], 'service_ms',
    string.format('%.1f', mean + 0.2 * (tonumber(ARGV[6]) - mean)))
end
return 1
