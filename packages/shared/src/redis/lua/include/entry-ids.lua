-- entry-ids: ids of a stream's entries as numbers, because as texts they do not order.

-- Milliseconds, then the sequence within one.
local function id_parts(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end

-- '' comes before all.
local function is_before(id, other)
  if id == '' or other == '' then return id == '' and other ~= '' end
  local ms, sequence = id_parts(id)
  local other_ms, other_sequence = id_parts(other)
  return ms < other_ms or (ms == other_ms and sequence < other_sequence)
end
