-- archive-take: hands out jobs that have ended long enough ago to be archived, oldest first. For a
-- while they are not handed out again; if they are still there then, their archiver has died.
--
-- Called by: archive/archiver
-- KEYS: 1 ended jobs of the shard, by the time of their end
-- ARGV: 1 clock offset, 2 ms since the end, 3 limit, 4 ms until a job is handed out again
-- Returns: list of jobs as they stand in the set
-- Repeated: hands out the next ones; those of the first answer come again after the while.
-- @include include/clock

local before = now_ms() - tonumber(ARGV[2])
local taken = redis.call('ZRANGE', KEYS[1], '-inf', int(before), 'BYSCORE', 'LIMIT', 0, ARGV[3])
for _, job in ipairs(taken) do
  redis.call('ZADD', KEYS[1], int(before + tonumber(ARGV[4])), job)
end
return taken
