-- ledger-mark: fixes which entries of a shard's ledger the next segment holds. Whoever writes the
-- segment after a crash, or at the same time, writes the very same one.
--
-- Called by: ledger/ledger-keeper
-- KEYS: 1 marks of the shard's ledger
-- ARGV: 1 clock offset, 2 id up to which the caller thinks there are segments ('' if none),
--   3 id of the last entry that it has read after that
-- Returns: {'marked', segmented, last, hash of the line before ('' for the first)} (the segment to
--   write: after `segmented`, up to `last`) | {'moved'} (somebody has written segments since)
-- Repeated: the same answer, until the segment is committed.
-- @include include/clock

local marks = redis.call('HMGET', KEYS[1], 'segmented', 'pending', 'hash')
local segmented = marks[1] or ''
if segmented ~= ARGV[2] then return { 'moved' } end
if marks[2] then return { 'marked', segmented, marks[2], marks[3] or '' } end
redis.call('HSET', KEYS[1], 'pending', ARGV[3], 'marked_at', int(now_ms()))
return { 'marked', segmented, ARGV[3], marks[3] or '' }
