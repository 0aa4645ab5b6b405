-- escrow-part: carries a change of the book out on a shard, if it is newer than the shard's last
-- one (E2), and tells the shard what may become of the whole budget. A shard keeps what its jobs
-- use. Jobs in line are looked at soon, when there is more for them, or nothing left to hope for.
--
-- Called by: dispatch/keep-escrow
-- KEYS: 1 account of the budget on the shard, 2 the shard's jobs that wait for money of global
--   budgets, 3 due set of the shard
-- ARGV: 1 clock offset, 2 window, 3 version of the change, 4 amount granted, 5 what nobody has
--   spent of the whole budget, 6 what nobody uses of it
-- Returns: {version, amount granted} as they stand now
-- Repeated: the version is not newer any more, so nothing is changed.
-- @include include/clock

local window = ARGV[2]
local stands = redis.call('HMGET', KEYS[1], window .. ':version', window .. ':granted',
  window .. ':reserved', window .. ':spent', window .. ':unknown', window .. ':largest')
local version, granted = stands[1] or '0', stands[2] or '0'
local is_newer = tonumber(ARGV[3]) > tonumber(version)
if is_newer then
  local used = tonumber(stands[3] or '0') + tonumber(stands[4] or '0') +
    tonumber(stands[5] or '0')
  version, granted = ARGV[3], tonumber(ARGV[4]) < used and int(used) or ARGV[4]
  redis.call('HSET', KEYS[1], window .. ':version', version, window .. ':granted', granted)
end
redis.call('HSET', KEYS[1], window .. ':hope', ARGV[5], window .. ':room', ARGV[6])
if is_newer or tonumber(stands[6] or '0') > tonumber(ARGV[5]) then
  -- Those that still want more say so again when they are looked at.
  redis.call('HDEL', KEYS[1], window .. ':wanted', window .. ':largest')
  local now = int(now_ms())
  for _, ref in ipairs(redis.call('ZRANGE', KEYS[2], 0, 999)) do
    redis.call('ZADD', KEYS[3], 'XX', 'LT', now, ref)
  end
end
return { version, granted }
