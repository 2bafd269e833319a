-- Keeps the function of 0008_reversals.sql: it accepts what an earlier version of the service sends, and moves the same
-- credits.
SELECT
