-- Reads a page of entries, owner by owner, each owner's in their order: those after the entry with the number `seq` of
-- `owner_id`. The first column says when each was posted: 0 before the period, 1 in it, 2 after it. It only reads, and
-- entries never change.
SELECT
    (created_on >= %(since)s)::integer + (created_on >= %(until)s)::integer, owner_id, seq, id, app, operation, delta,
    reverses IS NOT NULL, priority, drawn
FROM ledger_entry
WHERE (owner_id, seq) > (%(owner_id)s, %(seq)s)
ORDER BY owner_id, seq
LIMIT 10000
