-- Shared by the scripts of a model's lane.
-- @include include/clock

-- Complete answers in the newest full three seconds; `rate` counts those of each second.
local function answers_lately(rate_key, now)
  local second = math.floor(now / 1000)
  local counts = redis.call('HMGET', rate_key, int(second - 1), int(second - 2), int(second - 3))
  local total = 0
  for _, count in ipairs(counts) do total = total + (tonumber(count) or 0) end
  return total
end

-- How many tickets may stand in BullMQ: the base, grown to one second of measured throughput.
local function window_size(rate_key, base, now)
  return math.max(base, math.ceil(answers_lately(rate_key, now) / 3))
end

-- The backlog of one lane, all under one prefix:
--   <prefix>:tickets            hash: ticket -> class|tenant|priority|units|what only code reads
--   <prefix>:counts             hash: class -> tickets
--   <prefix>:<class>:ring       list: tenants of the class that wait, next one first
--   <prefix>:<class>:deficit    hash: tenant -> units it may still take in its turn
--   <prefix>:<class>:of:<tenant>  sorted set: tickets by priority, then deadline
-- The keys are built from the prefix; they share its tag, so they stand on one slot.
local function tickets_key(prefix) return prefix .. ':tickets' end
local function ring_key(prefix, class) return prefix .. ':' .. class .. ':ring' end
local function deficit_key(prefix, class) return prefix .. ':' .. class .. ':deficit' end
local function queue_key(prefix, class, tenant)
  return prefix .. ':' .. class .. ':of:' .. tenant
end

local function parse_ticket(text)
  local class, tenant, priority, units = string.match(text, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|')
  return { class = class, tenant = tenant, priority = priority, units = tonumber(units) }
end

-- How many tickets of each class stand somewhere: <prefix>:counts of the backlog, and beside the
-- window <window>:classes. What an earlier version put there was not counted, so a count that runs
-- out begins anew.
local function counts_key(prefix) return prefix .. ':counts' end

local function count_ticket(key, class, by)
  if redis.call('HINCRBY', key, class, by) <= 0 then redis.call('HDEL', key, class) end
end

-- Takes a ticket, whose text has been parsed, out of the backlog.
local function drop_entry(prefix, ticket, entry)
  redis.call('HDEL', tickets_key(prefix), ticket)
  count_ticket(counts_key(prefix), entry.class, -1)
  local queue = queue_key(prefix, entry.class, entry.tenant)
  redis.call('ZREM', queue, ticket)
  if redis.call('EXISTS', queue) == 0 then
    redis.call('LREM', ring_key(prefix, entry.class), 0, entry.tenant)
    redis.call('HDEL', deficit_key(prefix, entry.class), entry.tenant)
  end
end

-- Takes one ticket out of the backlog; true if it was there.
local function drop_from_backlog(prefix, ticket)
  local text = redis.call('HGET', tickets_key(prefix), ticket)
  if not text then return false end
  drop_entry(prefix, ticket, parse_ticket(text))
  return true
end

-- A ticket's place in the window, with its tenant beside it, so that a sweep can find the job, and
-- its class.
local function enter_window(window, ticket, entry, now)
  redis.call('ZADD', window, int(now), ticket)
  local text = entry.tenant .. '|' .. entry.class
  local is_new = redis.call('HSET', window .. ':tenants', ticket, text)
  if is_new == 1 then count_ticket(window .. ':classes', entry.class, 1) end
end

local function tenant_in_window(window, ticket)
  local text = redis.call('HGET', window .. ':tenants', ticket) or ''
  return string.match(text, '^([^|]*)|?(.*)$')
end

local function leave_window(window, ticket)
  local _, class = tenant_in_window(window, ticket)
  if class ~= '' then count_ticket(window .. ':classes', class, -1) end
  redis.call('HDEL', window .. ':tenants', ticket)
  return redis.call('ZREM', window, ticket) == 1
end
