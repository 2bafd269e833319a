-- Counts and sums the entries of each app and operation, and the balances. The last row, without an app, has the number of
-- accounts and the sum of their balances. It only reads, and one statement sees one moment, so both sides agree.
SELECT app, operation, count(*), sum(delta) FROM ledger_entry GROUP BY app, operation
UNION ALL
SELECT NULL, NULL, count(*), coalesce(sum(balance), 0) FROM ledger_account
ORDER BY app, operation
