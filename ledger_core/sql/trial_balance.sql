-- Counts and sums the entries of each app and operation, and the balances, at one moment. The last row, without an
-- app, is of the balances.
SELECT app, operation, count(*), sum(delta) FROM ledger_entry GROUP BY app, operation
UNION ALL
SELECT NULL, NULL, count(*), coalesce(sum(balance), 0) FROM ledger_account
ORDER BY app, operation
