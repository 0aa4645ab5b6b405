-- ledger-commit: the segment that was marked is durable; its entries may leave the stream, as far
-- as the auditor has summed them up. Without an auditor nobody else needs them. What they tell of
-- how good answers were is learned in the same step, and so once.
--
-- Called by: ledger/ledger-keeper
-- KEYS: 1 ledger of the shard, 2 its marks
-- ARGV: 1 clock offset, 2 id of the segment's last entry, 3 hash of its last line, 4 half-life of
--   what is learned, 5 ms that it is kept, 6... tenant, name of the user ('' for the tenant as a
--   whole), field of the sum, attempts, how many of them were of no use, and so on
-- Returns: 1 if this call has committed it, else 0
-- Repeated: 0, because nothing is marked any more.
-- @include include/clock
-- @include include/entry-ids
-- @include include/quality

local marks = redis.call('HMGET', KEYS[2], 'pending', 'audited', 'segmented')
if marks[1] ~= ARGV[2] then return 0 end
-- The first segment of all: nothing has gone before it. What went before in a store of an earlier
-- version nobody knows.
if not marks[3] then redis.call('HSETNX', KEYS[2], 'swept', '') end
redis.call('HSET', KEYS[2], 'segmented', ARGV[2], 'hash', ARGV[3], 'committed_at', int(now_ms()))
redis.call('HDEL', KEYS[2], 'pending')

local last = ARGV[2]
if marks[2] and is_before(marks[2], last) then last = marks[2] end
local ms, sequence = id_parts(last)
redis.call('XTRIM', KEYS[1], 'MINID', int(ms) .. '-' .. int(sequence + 1))

local now = now_ms()
-- Built from the ledger's key: same tag, so same slot.
local prefix = string.gsub(KEYS[1], 'ledger$', 'quality:')
for i = 6, #ARGV, 5 do
  local key = prefix .. ARGV[i]
  -- Of users only those are kept apart who judge: there is a bound to how many these are, as long
  -- as their index outlives their sums.
  local is_kept = true
  if ARGV[i + 1] ~= '' then
    local users = key .. ':users'
    key = users .. ':' .. ARGV[i + 1]
    is_kept = redis.call('EXISTS', key) == 1
    if is_kept then redis.call('PEXPIRE', users, ARGV[5]) end
  else
    -- Files that were counted into the sums are known as long as those.
    redis.call('PEXPIRE', key .. ':files', ARGV[5])
  end
  if is_kept then
    local attempts, flaws = read_sum(key, ARGV[i + 2], now, tonumber(ARGV[4]))
    attempts, flaws = attempts + tonumber(ARGV[i + 3]), flaws + tonumber(ARGV[i + 4])
    write_sum(key, ARGV[i + 2], attempts, flaws, now)
    redis.call('PEXPIRE', key, ARGV[5])
  end
end
return 1
