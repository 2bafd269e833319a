-- Reads a page of the entries that an app has posted for an owner, newest first. A limit that is NULL does not apply. It
-- only reads. Limits of time become limits of the sequence number, found once, so reading begins at the page's first entry,
-- however old it is.
--
-- The app and the sequence number are compared as a pair, so that only the index ledger_entry_of_app has the order. The
-- generic plan does not know how many entries an owner has: if the two were compared separately, PostgreSQL would think
-- the index of the sequence as good, and read all entries of a large owner for an app that has posted none.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_entry
WHERE owner_id = %(owner_id)s
AND (app, seq) > (
    %(app)s,
    (SELECT CASE WHEN %(since)s::timestamptz IS NULL THEN 0 ELSE ledger_seq_before(%(owner_id)s, %(since)s) END)
)
AND (app, seq) <= (
    %(app)s,
    (SELECT least(  -- ignores NULLs
        9223372036854775807,
        %(before)s::bigint - 1,
        CASE WHEN %(until)s::timestamptz IS NOT NULL THEN ledger_seq_before(%(owner_id)s, %(until)s) END
    ))
)
ORDER BY app DESC, seq DESC
LIMIT %(limit)s
