-- lane-withdraw: takes a ticket out of window and backlog, wherever it stands.
--
-- Called by: intake/cancel-job, dispatch/reassign-job, dispatch/window-sweeper,
--   dispatch/closed-lanes
-- KEYS: 1 window
-- ARGV: 1 clock offset, 2 backlog prefix, 3 ticket
-- Returns: 1 if it stood somewhere, else 0
-- Repeated: 0.
-- @include include/lane

if leave_window(KEYS[1], ARGV[3]) then return 1 end
return drop_from_backlog(ARGV[2], ARGV[3]) and 1 or 0
