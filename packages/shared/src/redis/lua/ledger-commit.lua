-- ledger-commit: the segment that was marked is durable; its entries may leave the stream, as far
-- as the auditor has summed them up. Without an auditor nobody else needs them.
--
-- Called by: ledger/ledger-keeper
-- KEYS: 1 ledger of the shard, 2 its marks
-- ARGV: 1 clock offset, 2 id of the segment's last entry, 3 hash of its last line
-- Returns: 1 if this call has committed it, else 0
-- Repeated: 0, because nothing is marked any more.
-- @include include/clock

local marks = redis.call('HMGET', KEYS[2], 'pending', 'audited')
if marks[1] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], 'segmented', ARGV[2], 'hash', ARGV[3], 'committed_at', int(now_ms()))
redis.call('HDEL', KEYS[2], 'pending')

-- Ids as numbers: milliseconds, then the sequence within one.
local function parts(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end

local ms, sequence = parts(ARGV[2])
if marks[2] then
  local audited_ms, audited_sequence = parts(marks[2])
  if audited_ms < ms or (audited_ms == ms and audited_sequence < sequence) then
    ms, sequence = audited_ms, audited_sequence
  end
end
redis.call('XTRIM', KEYS[1], 'MINID', int(ms) .. '-' .. int(sequence + 1))
return 1
