-- Yields the entries from %(since)s on by day (UTC), app and operation: how many, and the credits that they moved. Reads
-- alone, and of the table what the index of moments says can hold them.
SELECT (created_on AT TIME ZONE 'UTC')::date, app, operation, count(*), sum(delta)
FROM ledger_entry
WHERE created_on >= %(since)s
GROUP BY 1, 2, 3
