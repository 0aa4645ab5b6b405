-- permit-release: gives a permit back, corrects the tokens per minute to what was used, and
-- counts the finished call for the live figures.
--
-- Called by: pool/spare-permit
-- KEYS: 1 buckets, 2 rate, 3 stats
-- ARGV: 1 clock offset, 2 prefix of the permit sets, 3 deployment, 4 ticket and holder, 5 tokens
--   to give back (reserved - used, 0 if unknown), 6 tokens per minute ('' without a limit),
--   7 service time in ms ('' for failures), 8 class of content ('' teaches nothing), 9 real tokens
--   for each guessed one, 10 requests per minute ('' without a limit), 11 the unit of these to give
--   back ('' if a call was made)
-- Returns: 1 if the permit was held, else 0
-- Repeated: 0, and nothing is counted twice.
-- @include include/permit

local held = give_permit_back(
  { buckets = KEYS[1], rate = KEYS[2], stats = KEYS[3], permits = ARGV[2] },
  { deployment = ARGV[3], permit = ARGV[4], unused = ARGV[5], tpm = ARGV[6],
    service_ms = ARGV[7], content = ARGV[8], factor = ARGV[9], rpm = ARGV[10],
    unit = ARGV[11] },
  now_ms())
return held and 1 or 0
