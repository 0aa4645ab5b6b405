-- list: looks through an index for jobs that a caller wants to see, newest first: by the time of
-- their making, then by id, both descending. Looks at a bounded number of entries, so a rare
-- filter may find few or none although there are more.
--
-- Called by: intake/list-jobs
-- KEYS: 1 index of the tenant's or of a bulk call's jobs
-- ARGV: 1 clock offset, 2 prefix of the job records (same tag as the index, so same slot),
--   3 making of the job after which the walk goes on ('' from the newest), 4 its id,
--   5 earliest making in ms, 6 making in ms before which jobs must be ('' for no bound),
--   7 states (' queued running ', '' for all), 8 model ('' for all), 9 jobs wanted,
--   10 entries to look at
-- Returns: {place where the walk goes on, as 'making|id', or '' at its end, id, id, ...}
-- Repeated: looks again. Entries whose record is gone are dropped on the way.
-- @include include/clock

local index = KEYS[1]
local wanted, looks = tonumber(ARGV[9]), tonumber(ARGV[10])
local earliest = tonumber(ARGV[5])

-- How many entries stand before the place after a job, whether the job is still there or not. A
-- bulk call makes a thousand jobs in one millisecond, so the place among those is found by halves.
local function rank_after(made, id)
  local low = redis.call('ZCOUNT', index, '(' .. made, '+inf')
  local high = low + redis.call('ZCOUNT', index, made, made)
  while low < high do
    local middle = math.floor((low + high) / 2)
    -- Ids have one length and one alphabet: every collation orders them like the index does.
    if redis.call('ZREVRANGE', index, middle, middle)[1] >= id then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

-- An archived job's pointer has both fields as well. Those of an earlier version name no model;
-- then the caller looks at the record.
local function fits(state, model)
  if ARGV[7] ~= '' and not string.find(ARGV[7], ' ' .. state .. ' ', 1, true) then return false end
  return ARGV[8] == '' or not model or model == ARGV[8]
end

local start = 0
if ARGV[6] ~= '' then start = redis.call('ZCOUNT', index, ARGV[6], '+inf') end
if ARGV[3] ~= '' then start = math.max(start, rank_after(ARGV[3], ARGV[4])) end

-- One entry more than is looked at tells whether the walk goes on.
local entries = redis.call('ZREVRANGE', index, start, start + looks, 'WITHSCORES')
local found, gone = {}, {}
local place, goes_on = '', false
for i = 1, #entries, 2 do
  local id, made = entries[i], tonumber(entries[i + 1])
  if made < earliest then break end
  if #found == wanted or i > 2 * looks then
    goes_on = true
    break
  end
  local job = redis.call('HMGET', ARGV[2] .. id, 'state', 'model')
  if not job[1] then
    gone[#gone + 1] = id
  elseif fits(job[1], job[2]) then
    found[#found + 1] = id
  end
  place = int(made) .. '|' .. id
end
if #gone > 0 then redis.call('ZREM', index, unpack(gone)) end
return { goes_on and place or '', unpack(found) }
