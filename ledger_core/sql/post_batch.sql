-- Posts the entries of a batch, all or none, and returns them. As post.sql.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_post_batch(%(app)s, %(client)s, %(items)s)
