-- Finds the entries that have these owners' nonces, two JSON arrays: each nonce is looked for with the owner that
-- stands beside it. The columns are named, so the result stays the same when the table gets another one.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_entry JOIN ROWS FROM (
    json_array_elements_text(%(owners)s), json_array_elements_text(%(nonces)s)
) AS asked (owner_id, nonce) USING (owner_id, nonce)
