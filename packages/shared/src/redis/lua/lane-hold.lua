-- lane-hold: an operator keeps a model from starting calls, or lets it start them again. Calls that
-- run go on. What is held stands among the stops, under a name that no deployment has: theirs all
-- have a slash.
--
-- Called by: admin/model-routes
-- KEYS: 1 stops
-- ARGV: 1 clock offset, 2 how it is held ('' for not at all)
-- Returns: how it was held until now, '' for not at all
-- Repeated: holds it in the same way.
-- @include include/lane

local before = redis.call('HGET', KEYS[1], 'hold') or ''
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], 'hold')
else
  redis.call('HSET', KEYS[1], 'hold', ARGV[2])
end
return before
