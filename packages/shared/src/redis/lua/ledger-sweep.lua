-- ledger-sweep: notes up to which line a shard's segments go at the end of their time, before they
-- do. So what retention has taken is told from what somebody else has. The mark only moves on.
--
-- Called by: ledger/sweep-segments
-- KEYS: 1 marks of the shard's ledger
-- ARGV: 1 clock offset, 2 id of the newest line that goes ('' while none does), 3 hash that the
--   oldest line that stays comes after ('' if nobody can tell)
-- Returns: 1 if this call has moved the mark, else 0
-- Repeated: 0.
-- @include include/clock
-- @include include/entry-ids

local swept = redis.call('HGET', KEYS[1], 'swept')
if swept and not is_before(swept, ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'swept', ARGV[2], 'swept_hash', ARGV[3])
return 1
