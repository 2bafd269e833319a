-- Reads the same page as entries.sql, but only entries of one operation. It only reads. It is not prepared, so PostgreSQL
-- plans it for the given values: the generic plan would search all entries of the owner for an operation never posted.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_entry
WHERE owner_id = %(owner_id)s AND app = %(app)s AND operation = %(operation)s
AND seq > (SELECT CASE WHEN %(since)s::timestamptz IS NULL THEN 0 ELSE ledger_seq_before(%(owner_id)s, %(since)s) END)
AND seq <= (SELECT least(  -- ignores NULLs
    9223372036854775807,
    %(before)s::bigint - 1,
    CASE WHEN %(until)s::timestamptz IS NOT NULL THEN ledger_seq_before(%(owner_id)s, %(until)s) END
))
ORDER BY seq DESC
LIMIT %(limit)s
