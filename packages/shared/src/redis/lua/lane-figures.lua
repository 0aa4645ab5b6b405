-- lane-figures: how a lane stands, for those who watch it; routing looks at lane-live.
-- Bounded: of each class the first hundred tenants are looked at.
--
-- Called by: metrics/store-sampler
-- KEYS: 1 window, 2 rate, 3 pauses, 4 stops, 5 pools
-- ARGV: 1 clock offset, 2 backlog prefix, 3 prefix of the permit sets, 4 base of the window,
--   5 ms after which a pool without a sign of life is dead, 6 prefix of the health hashes, 7 how
--   many classes, 8... classes, most urgent first, then deployments
-- Returns: {now, tickets in the window, places of the window, backlog, living pools,
--   {waiting, oldest ticket next in line or ''}..., {permits in use, ms paused, ms stopped, state
--   of the breaker or '', since, until, ramp ms (0 where unknown), how often it has opened}...}
-- Repeated: looks again.
-- @include include/lane

local now = now_ms()
local tenants_max = 100

local function class_figures(class)
  local waiting, oldest = 0, ''
  for _, tenant in ipairs(redis.call('LRANGE', ring_key(ARGV[2], class), 0, tenants_max - 1)) do
    local queue = queue_key(ARGV[2], class, tenant)
    local head = redis.call('ZRANGE', queue, 0, 0)[1]
    waiting = waiting + redis.call('ZCARD', queue)
    -- Ids begin with the time at which they were made, so the smallest is the oldest.
    if head and (oldest == '' or head < oldest) then oldest = head end
  end
  return { waiting, oldest }
end

local function left_ms(key, deployment)
  local until_ms = tonumber(redis.call('HGET', key, deployment) or '0')
  return int(math.max(0, until_ms - now))
end

local function deployment_figures(id)
  local breaker = redis.call('HMGET', ARGV[6] .. ':' .. id, 'state', 'since', 'until_ms', 'ramp_ms',
    'opened')
  return {
    redis.call('ZCOUNT', ARGV[3] .. ':' .. id, int(now), '+inf'),
    left_ms(KEYS[3], id),
    left_ms(KEYS[4], id),
    breaker[1] or '',
    breaker[2] or '0',
    breaker[3] or '0',
    breaker[4] or '0',
    breaker[5] or '0',
  }
end

local figures = {
  int(now),
  redis.call('ZCARD', KEYS[1]),
  window_size(KEYS[2], tonumber(ARGV[4]), now),
  redis.call('HLEN', tickets_key(ARGV[2])),
  redis.call('ZCOUNT', KEYS[5], int(now - tonumber(ARGV[5])), '+inf'),
}
local classes = tonumber(ARGV[7])
for i = 8, #ARGV do
  figures[#figures + 1] = i < 8 + classes and class_figures(ARGV[i]) or deployment_figures(ARGV[i])
end
return figures
