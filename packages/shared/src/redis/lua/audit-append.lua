-- audit-append: adds a line to the audit log, if the log still ends with the line that the new
-- one was chained to. The hashes are made by the caller; here is only decided who was first.
--
-- Called by: audit/audit-change
-- KEYS: 1 stream of the lines; the number of a line is its entry's id
-- ARGV: 1 clock offset, 2 number, 3 hash of the line before ('' for none), 4 hash, 5 line
-- Returns: {'appended'} | {'moved', number of the newest line, its hash} ('0' and '' for none)
-- Repeated: 'appended', however many lines came after it.
-- @include include/clock

local own = redis.call('XRANGE', KEYS[1], ARGV[2] .. '-0', ARGV[2] .. '-0')[1]
if own and own[2][2] == ARGV[4] then return { 'appended' } end
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local number = newest and string.match(newest[1], '^%d+') or '0'
local hash = newest and newest[2][2] or ''
if hash ~= ARGV[3] or tonumber(number) + 1 ~= tonumber(ARGV[2]) then
  return { 'moved', number, hash }
end
redis.call('XADD', KEYS[1], ARGV[2] .. '-0', 'hash', ARGV[4], 'line', ARGV[5])
return { 'appended' }
