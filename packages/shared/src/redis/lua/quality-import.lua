-- quality-import: counts a file of graded outcomes into what a tenant knows of models, as if people
-- had said it: once for each file, whoever brings it how often.
--
-- Moves: none
-- Called by: learning/run-outcomes-import
-- KEYS: 1 sums of the tenant, 2 files of the tenant by the time they were counted
-- ARGV: 1 clock offset, 2 half-life in ms, 3 ms that sums are kept, 4 name of the file,
--   5 files that are remembered at most, 6 what the name of the file that was counted last begins
--   with, as far as the caller knows ('' for none), 7... task and model, how many, their scores
--   together
-- Returns: ms when it was counted | '' (another one was counted meanwhile, maybe with some of the
--   same lines)
-- Repeated: a file that has been counted is not counted again, and answers as at first.
-- @include include/clock
-- @include include/quality

local counted = redis.call('ZSCORE', KEYS[2], ARGV[4])
if counted then return int(counted) end

local now, half_life = now_ms(), tonumber(ARGV[2])
local newest = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
if string.match(newest[1] or '', '^[^|]*|?[^|]*') ~= ARGV[6] then return '' end
-- Two in one millisecond keep their order all the same.
local counted_at = math.max(now, (tonumber(newest[2]) or 0) + 1)
local argument = 7
while argument < #ARGV do
  local field, added = ARGV[argument], tonumber(ARGV[argument + 1])
  local count, sum = read_sum(KEYS[1], field, now, half_life)
  write_sum(KEYS[1], field, count + added, sum + tonumber(ARGV[argument + 2]), now)
  argument = argument + 3
end
if #ARGV > 6 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
redis.call('ZADD', KEYS[2], int(counted_at), ARGV[4])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[5]))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return int(counted_at)
