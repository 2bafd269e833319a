-- Reads the same page as entries.sql, of the entries of one operation. It is planned for the values that are asked for: by
-- the plan for any, an operation that nobody has posted would be looked for in all entries of the owner.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_entry
WHERE owner_id = %(owner_id)s AND app = %(app)s AND operation = %(operation)s
AND seq > (SELECT CASE WHEN %(since)s::timestamptz IS NULL THEN 0 ELSE ledger_seq_before(%(owner_id)s, %(since)s) END)
AND seq <= (SELECT least(  -- of those that are not NULL
    9223372036854775807,
    %(before)s::bigint - 1,
    CASE WHEN %(until)s::timestamptz IS NOT NULL THEN ledger_seq_before(%(owner_id)s, %(until)s) END
))
ORDER BY seq DESC
LIMIT %(limit)s
