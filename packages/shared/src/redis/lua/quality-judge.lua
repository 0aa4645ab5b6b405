-- quality-judge: keeps what somebody says of a job's answer, and counts it for model and task: for
-- the tenant, and for the user who said it. A later word of the same user takes the place of the
-- earlier one. What was said fades: after a half-life it counts half.
--
-- Moves: none
-- Called by: intake/judge-job
-- KEYS: 1 judgements of the job, 2 sums of the tenant, 3 users of the tenant by their last word
-- ARGV: 1 clock offset, 2 who says it ('' for nobody in particular), 3 score, 4 comment,
--   5 model and task, 6 half-life in ms, 7 ms that sums are kept, 8 judgements of one job at most,
--   9 users at most, 10 ms that the judgements of the job are kept
-- Returns: {'judged', ms when it was said} | {'full'} | {'missing'} (the job has been deleted)
-- Repeated: the same words of the same user count once, and answer as at first.
-- @include include/clock
-- @include include/quality

local now = now_ms()
-- Built from the key of the judgements: same tag, so same slot. Nothing may appear after `delete`.
if redis.call('EXISTS', (string.gsub(KEYS[1], 'judgements$', 'deleted'))) == 1 then
  return { 'missing' }
end
local score, half_life = tonumber(ARGV[3]), tonumber(ARGV[6])
local text = redis.call('HGET', KEYS[1], ARGV[2])
local earlier = text and cjson.decode(text)
if earlier and earlier.score == ARGV[3] and earlier.comment == ARGV[4] then
  return { 'judged', int(earlier.at) }
end
if not earlier and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[8]) then return { 'full' } end

local function add(key)
  local count, scores, is_known = read_sum(key, ARGV[5], now, half_life)
  -- A sum that is gone knows nothing of the earlier word.
  if earlier and is_known then
    scores = scores + share_left(earlier.at, now, half_life) * (score - tonumber(earlier.score))
  else
    count, scores = count + 1, scores + score
  end
  write_sum(key, ARGV[5], count, scores, now)
  redis.call('PEXPIRE', key, ARGV[7])
end

add(KEYS[2])
-- Files that were counted into the sums are known as long as those. Same tag, so same slot.
redis.call('PEXPIRE', KEYS[2] .. ':files', ARGV[7])
if ARGV[2] ~= '' then
  -- Built from the users' key: same tag, so same slot.
  add(KEYS[3] .. ':' .. ARGV[2])
  redis.call('ZADD', KEYS[3], int(now), ARGV[2])
  redis.call('PEXPIRE', KEYS[3], ARGV[7])
  if redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[9]) then
    redis.call('DEL', KEYS[3] .. ':' .. redis.call('ZPOPMIN', KEYS[3])[1])
  end
end
redis.call('HSET', KEYS[1], ARGV[2], cjson.encode({ score = ARGV[3], comment = ARGV[4], at = now }))
redis.call('PEXPIRE', KEYS[1], ARGV[10])
return { 'judged', int(now) }
