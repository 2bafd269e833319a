-- Sums an owner's entries by app and operation, up to a sequence number. It only reads, and entries never change.
SELECT app, operation, count(*), sum(delta)
FROM ledger_entry
WHERE owner_id = %(owner_id)s AND seq <= %(seq)s
GROUP BY app, operation
ORDER BY app, operation
