-- delta-read: pieces of a running answer after an id, and where the stream stands, both as of one
-- moment at which the job had the version that the reader knows.
--
-- Called by: intake/read-job-events
-- KEYS: 1 job record, 2 deltas of the job
-- ARGV: 1 clock offset, 2 known version, 3 id after which to read (<version>-<number>), 4 pieces at
--   the most
-- Returns: {'read', the record's field 'deltas', entries} | {'changed'} | {'missing'}
-- Repeated: looks again.
-- @include include/clock

local job = redis.call('HMGET', KEYS[1], 'version', 'deltas')
if not job[1] then return { 'missing' } end
if job[1] ~= ARGV[2] then return { 'changed' } end
return { 'read', job[2] or '',
  redis.call('XRANGE', KEYS[2], '(' .. ARGV[3], '+', 'COUNT', ARGV[4]) }
