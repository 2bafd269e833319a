-- Posts one entry and returns it. The functions, and why they are safe under concurrency, are in migrations/0001_posting.sql.
-- The columns are named, so the result stays the same when the table gets another.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_post(
    %(owner_id)s, %(app)s, %(operation)s, %(amount)s, %(delta)s, %(nonce)s, %(claim)s, %(period)s, %(reverses_id)s,
    %(reversed_operation)s, %(client)s
)
