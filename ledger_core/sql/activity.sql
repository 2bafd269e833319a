-- Sums what was posted at or after %(since)s and before %(until)s, by app and operation: the number of entries, and the
-- credits that they moved. It only reads, and only the blocks that the index ledger_entry_created_on names.
SELECT app, operation, count(*), sum(delta)
FROM ledger_entry
WHERE created_on >= %(since)s AND created_on < %(until)s
GROUP BY app, operation
