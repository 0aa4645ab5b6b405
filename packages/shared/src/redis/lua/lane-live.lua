-- lane-live: the figures of a lane that routing looks at; with a worker's name also its sign of
-- life.
--
-- Called by: live/live-view, pool/pool-heartbeat
-- KEYS: 1 window, 2 pauses, 3 stops, 4 stats, 5 pools
-- ARGV: 1 clock offset, 2 backlog prefix, 3 prefix of the permit sets, 4 worker ('' to only look),
--   5 ms after which a pool without a sign of life is dead, 6... deployments
-- Returns: {waiting, running, service ms or '', living pools, paused until, '1' if all stopped,
--   how an operator holds it or '', class of content, real tokens for each guessed one, ...}
-- Repeated: looks again.
-- @include include/lane

local now = now_ms()
if ARGV[4] ~= '' then redis.call('ZADD', KEYS[5], int(now), ARGV[4]) end
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', int(now - 20 * tonumber(ARGV[5])))
local running, earliest, stopped = 0, nil, 0
for i = 6, #ARGV do
  running = running + redis.call('ZCOUNT', ARGV[3] .. ':' .. ARGV[i], int(now), '+inf')
  if tonumber(redis.call('HGET', KEYS[3], ARGV[i]) or '0') > now then
    stopped = stopped + 1
  else
    local paused = tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or '0')
    if not earliest or paused < earliest then earliest = paused end
  end
end
local figures = {
  redis.call('ZCARD', KEYS[1]) + redis.call('HLEN', tickets_key(ARGV[2])),
  running,
  redis.call('HGET', KEYS[4], 'service_ms') or '',
  redis.call('ZCOUNT', KEYS[5], int(now - tonumber(ARGV[5])), '+inf'),
  int((earliest and earliest > now) and earliest or 0),
  (#ARGV > 5 and stopped == #ARGV - 5) and '1' or '0',
  redis.call('HGET', KEYS[3], 'hold') or '',
}
local stats = redis.call('HGETALL', KEYS[4])
for i = 1, #stats, 2 do
  local content = string.match(stats[i], '^tokens:(.*)$')
  if content then
    figures[#figures + 1] = content
    figures[#figures + 1] = stats[i + 1]
  end
end
return figures
