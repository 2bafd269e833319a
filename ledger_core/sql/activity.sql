-- Yields what was posted from %(since)s on and before %(until)s by app and operation: how many entries, and the credits
-- that they moved. Reads alone, and of the table what the index of moments says can hold them.
SELECT app, operation, count(*), sum(delta)
FROM ledger_entry
WHERE created_on >= %(since)s AND created_on < %(until)s
GROUP BY app, operation
