-- delta-append: adds pieces of a running answer to the job's stream and wakes who watches it. It
-- changes nothing of the job itself, so the version stays; pieces are numbered within it.
--
-- The record's field 'deltas' says where the stream stands: id of the last piece | id up to which
-- pieces are gone | fence | last batch of that fence | fence whose text was written to its end.
-- Ids are <version>-<number>, the ids of the stream's entries.
--
-- Moves: none
-- Called by: execution/delta-writer
-- KEYS: 1 job record, 2 deltas of the job
-- ARGV: 1 clock offset, 2 channel of deltas, 3 fence, 4 batch, 5 '1' for the last batch,
--   6 ms that the stream is kept after its last piece, 7 pieces kept at the most, 8... sealed piece
-- Returns: 'appended' | 'refused'
-- Repeated: a batch that was written before answers 'appended' and adds nothing.
-- @include include/job

local job = redis.call('HMGET', KEYS[1], 'state', 'fence', 'version', 'attempt_count', 'deltas',
  'id')
-- A stale worker, a job that is being cancelled, or one that has ended.
if job[1] ~= 'running' or job[2] ~= ARGV[3] then return 'refused' end

local tail, cut, fence, batch, whole =
  string.match(job[5] or '0-0|0-0|0|0|0', '^(.*)|(.*)|(.*)|(.*)|(.*)$')
if fence == ARGV[3] and tonumber(batch) >= tonumber(ARGV[4]) then return 'appended' end

local version = job[3]
local tail_version, tail_number = string.match(tail, '^(.*)-(.*)$')
local number = tail_version == version and tonumber(tail_number) or 0
local pieces = #ARGV - 7
-- The ids of a version are used up; the last one is kept for the reader's own event.
if number + pieces > 999998 then return 'refused' end

local length = redis.call('XLEN', KEYS[2])
-- What was there has outlived its time.
if length == 0 then cut = tail end
local excess = length + pieces - tonumber(ARGV[7])
for i = 8, #ARGV do
  number = number + 1
  tail = version .. '-' .. int(number)
  redis.call('XADD', KEYS[2], tail, 'attempt', job[4], 'piece', ARGV[i])
end
if excess > 0 then
  local gone = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', excess)
  cut = gone[#gone][1]
  redis.call('XTRIM', KEYS[2], 'MAXLEN', ARGV[7])
end
redis.call('PEXPIRE', KEYS[2], ARGV[6])
if ARGV[5] == '1' then whole = ARGV[3] end
redis.call('HSET', KEYS[1], 'deltas',
  table.concat({ tail, cut, ARGV[3], ARGV[4], whole }, '|'))
if pieces > 0 then redis.call('PUBLISH', ARGV[2], job[6] .. ' ' .. version) end
return 'appended'
