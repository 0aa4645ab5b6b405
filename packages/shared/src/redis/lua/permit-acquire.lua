-- permit-acquire: picks a deployment of the model and takes its concurrency, requests per minute
-- and tokens per minute for one call. Live permits never exceed a limit at any instant, over all
-- processes: a permit counts until it is given back or until its call can no longer be running.
--
-- Called by: pool/model-pool
-- KEYS: 1 window, 2 buckets, 3 pauses, 4 stops, 5 pools
-- ARGV: 1 clock offset, 2 prefix of the permit sets, 3 prefix of the health hashes, 4 ticket,
--   5 ticket and holder, 6 tokens, 7 ms to hold, 8 JSON list of deployments
--   {id, concurrency, rpm, burst, tpm, weight, order, breaks}, 9 ms after which a pool without a
--   sign of life is dead
-- Returns: {'granted', deployment, its unit of the requests per minute (only with such a limit)} |
--   {'denied', ms until a retry makes sense, what is scarce}
-- Repeated: the holder of a ticket's permit gets the same one, without the unit.
-- @include include/permit

return take_permit(
  { window = KEYS[1], buckets = KEYS[2], pauses = KEYS[3], stops = KEYS[4], pools = KEYS[5],
    permits = ARGV[2], health = ARGV[3], pool_dead_ms = tonumber(ARGV[9]) },
  { ticket = ARGV[4], permit = ARGV[5], tokens = tonumber(ARGV[6]), hold_ms = tonumber(ARGV[7]) },
  cjson.decode(ARGV[8]), now_ms())
