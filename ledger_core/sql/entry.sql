-- Reads an entry that an app has posted. It only reads, and entries never change.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_entry
WHERE id = %(id)s AND app = %(app)s
