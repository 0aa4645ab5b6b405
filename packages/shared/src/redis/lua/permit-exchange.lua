-- permit-exchange: gives the permit of a call that is over back and takes one for the next ticket,
-- in one step: what permit-release and permit-acquire do one after the other. The next call may
-- get another deployment, or none.
--
-- Called by: pool/spare-permit
-- KEYS: 1 window, 2 buckets, 3 pauses, 4 stops, 5 rate, 6 stats
-- ARGV: 1 clock offset, 2 prefix of the permit sets, 3-7 as 3-7 of permit-acquire, 8-16 as 3-11 of
--   permit-release
-- Returns: as permit-acquire
-- Repeated: what was given back stays so, and the holder of the new permit gets the same one.
-- @include include/permit

local now = now_ms()
local lane = { window = KEYS[1], buckets = KEYS[2], pauses = KEYS[3], stops = KEYS[4],
  rate = KEYS[5], stats = KEYS[6], permits = ARGV[2] }
give_permit_back(lane, { deployment = ARGV[8], permit = ARGV[9], unused = ARGV[10],
  tpm = ARGV[11], service_ms = ARGV[12], content = ARGV[13], factor = ARGV[14],
  rpm = ARGV[15], unit = ARGV[16] }, now)
return take_permit(lane,
  { ticket = ARGV[3], permit = ARGV[4], tokens = tonumber(ARGV[5]), hold_ms = tonumber(ARGV[6]) },
  cjson.decode(ARGV[7]), now)
