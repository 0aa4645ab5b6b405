-- permit-exchange: gives the permit of a call that is over back and takes one for the next ticket,
-- in one step: what permit-release and permit-acquire do one after the other. The next call may
-- get another deployment, or none.
--
-- Called by: pool/spare-permit
-- KEYS: 1 window, 2 buckets, 3 pauses, 4 stops, 5 pools, 6 rate, 7 stats
-- ARGV: 1 clock offset, 2-9 as in permit-acquire, 10... what is given back, as include/permit
--   reads it
-- Returns: {what permit-acquire returns, what permit-release returns}
-- Repeated: what was given back stays so, and the holder of the new permit gets the same one.
-- @include include/permit

local now = now_ms()
local lane = { window = KEYS[1], buckets = KEYS[2], pauses = KEYS[3], stops = KEYS[4],
  pools = KEYS[5], rate = KEYS[6], stats = KEYS[7], permits = ARGV[2], health = ARGV[3],
  pool_dead_ms = tonumber(ARGV[9]) }
local _, change = give_permit_back(lane, read_return({ unpack(ARGV, 10) }), now)
local taken = take_permit(lane,
  { ticket = ARGV[4], permit = ARGV[5], tokens = tonumber(ARGV[6]), hold_ms = tonumber(ARGV[7]) },
  cjson.decode(ARGV[8]), now)
return { taken, change or {} }
