-- permit-release: gives a permit back, corrects the tokens per minute to what was used, and
-- counts the finished call for the live figures and for the breaker of its deployment.
--
-- Called by: pool/spare-permit
-- KEYS: 1 buckets, 2 rate, 3 stats
-- ARGV: 1 clock offset, 2 prefix of the permit sets, 3 prefix of the health hashes, 4... what is
--   given back, as include/permit reads it
-- Returns: empty, or what became of the breaker: {'open' | 'ramping' | 'closed', class of the
--   failure, ms until one call may try}
-- Repeated: empty, and nothing is counted twice.
-- @include include/permit

local _, change = give_permit_back(
  { buckets = KEYS[1], rate = KEYS[2], stats = KEYS[3], permits = ARGV[2], health = ARGV[3] },
  read_return({ unpack(ARGV, 4) }), now_ms())
return change or {}
