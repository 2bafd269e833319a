-- Reads a page of what an app has posted for an owner, newest first. A bound that is NULL bounds nothing. The bounds of
-- time are bounds of the sequence, found once, so the page is read from its first entry on, however far back it lies.
--
-- The app and the sequence number are compared as a pair, so only the index ledger_entry_of_app has the order. The plan
-- for any values does not know how many entries an owner has: compared one by one, PostgreSQL takes the index of the
-- sequence for as good, and would read all entries of a large owner for an app that has posted none.
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
    (SELECT least(  -- of those that are not NULL
        9223372036854775807,
        %(before)s::bigint - 1,
        CASE WHEN %(until)s::timestamptz IS NOT NULL THEN ledger_seq_before(%(owner_id)s, %(until)s) END
    ))
)
ORDER BY app DESC, seq DESC
LIMIT %(limit)s
