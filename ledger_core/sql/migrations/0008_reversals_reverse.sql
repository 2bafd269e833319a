-- Keeps the function of 0008_reversals.sql: it takes what an earlier version of the service sends, and moves the right credits.
SELECT
