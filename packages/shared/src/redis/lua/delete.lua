-- delete: forgets a job that has ended: its record, live or archived, and all that stands beside
-- it. What its money was stays in the tenant's sums. A mark stays in its place for as long as the
-- record would have, so that the job's idempotency key makes no second job meanwhile, and a
-- repeated call can still tell what has to be cleared away outside the store.
--
-- Moves: none
-- Called by: intake/delete-job
-- KEYS: 1-4 as in include/job, 5 payload, 6 result, 7 pieces of the answer, 8 index of the tenant's
--   jobs
-- ARGV: 1 clock offset, 2 channel, 3 ms that the mark is kept if the record had no end
-- Returns: {'deleted', payload, result, place in the archive} (payload and result only where they
--   name an object, each '' if there is nothing) | {'live', state} | {'missing'}
-- Repeated: {'deleted', ...} as at first, while the mark is kept.
-- @include include/job

local mark = KEYS[1] .. ':deleted'
local job = redis.call('HMGET', KEYS[1], 'state', 'ref', 'batch', 'archived')
local state = job[1]
if not state then
  local left = redis.call('HMGET', mark, 'payload', 'result', 'place')
  if not left[1] then return { 'missing' } end
  return { 'deleted', unpack(left) }
end
if state ~= 'succeeded' and state ~= 'failed' and state ~= 'cancelled' and state ~= 'expired' then
  return { 'live', state }
end

-- The vault marks with an `o` what names an object and is no value itself.
local function object_in(key)
  return redis.call('GETRANGE', key, 0, 0) == 'o' and redis.call('GET', key) or ''
end

local payload, result, place = object_in(KEYS[5]), object_in(KEYS[6]), job[4] or ''
local kept = redis.call('PTTL', KEYS[1])
redis.call('HSET', mark, 'payload', payload, 'result', result, 'place', place)
redis.call('PEXPIRE', mark, kept > 0 and kept or ARGV[3])
redis.call('DEL', KEYS[1], KEYS[5], KEYS[6], KEYS[7], KEYS[1] .. ':judgements')
local id = string.match(KEYS[1], '[^:]+$')
redis.call('ZREM', KEYS[8], id)
-- Built from the tenant's index and from the due set's key: same tag, so same slot. A pointer to
-- the archive names no bulk call; that index drops what is gone by itself.
if job[3] then redis.call('ZREM', KEYS[8] .. ':batch:' .. job[3], id) end
if job[2] then redis.call('ZREM', (string.gsub(KEYS[2], 'due$', 'ended')), job[2]) end
return { 'deleted', payload, result, place }
