-- Shared by the scripts that end an attempt or a job. The ledger tells of each end once, in the
-- step that makes it: so the sum of a tenant's entries is what the tenant's counters say.
--
-- One stream per shard. The record's own texts go in as they are: what a job or an attempt was is
-- read by code only, and Lua would lose digits of it.
-- ending: `attempt` (fence, '' without one), `told` (JSON of the attempt's end), `state` (the
--   job's, afterwards), `spent` and `unknown` (what the end adds; below zero where it corrects),
--   and where they are so: `ends` (the job), `late` (the attempt had been given up), `next` (the
--   model that the job goes to), `premium` (what that will probably cost more, where it was moved
--   because it waited too long), `cause` (why it moves, where no attempt tells it)
local function enter_in_ledger(ending, now)
  local further = {}
  for _, name in ipairs({ 'premium', 'cause' }) do
    if (ending[name] or '') ~= '' then
      table.insert(further, name)
      table.insert(further, ending[name])
    end
  end
  local attempt = 'a:' .. ending.attempt
  local job = redis.call('HMGET', KEYS[1], 'tenant', 'id', 'fence', 'created', 'priority', 'model',
    'spec', attempt .. ':start', attempt .. ':accounts', 'run_at')
  -- Built from the due set's key: same tag, so same slot.
  redis.call('XADD', (string.gsub(KEYS[2], 'due$', 'ledger')), '*', 'tenant', job[1], 'job', job[2],
    'fence', ending.attempt == '' and job[3] or ending.attempt, 'at', int(now),
    'state', ending.state, 'spent', ending.spent, 'unknown', ending.unknown,
    'accounts', job[9] or '',
    'ends', ending.ends and '1' or '', 'late', ending.late and '1' or '',
    'next', ending.next or '', 'created', job[4], 'priority', job[5], 'model', job[6],
    'spec', job[7], 'start', job[8] or '', 'run_at', job[10] or '',
    'end', ending.told, unpack(further))
end

-- The difference of two amounts that are each below 2^53, as every one of ours is.
local function difference(amount, taken)
  return int(tonumber(amount) - tonumber(taken))
end
