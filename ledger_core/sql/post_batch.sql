-- Posts the entries of a batch, all or none, and returns them. The function, and why it is safe under concurrency, is in
-- migrations/0008_reversals.sql.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_post_batch(%(app)s, %(client)s, %(items)s)
