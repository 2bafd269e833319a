-- Finds the entries that have these owners' nonces, two JSON arrays: each nonce is looked for with the owner that
-- stands beside it. Lateral, with a limit, so that each is found by the index of nonces: PostgreSQL expects a hundred of
-- them in every array, and would read all entries of a small ledger for one. The columns are named, so the result stays
-- the same when the table gets another one.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ROWS FROM (
    json_array_elements_text(%(owners)s), json_array_elements_text(%(nonces)s)
) AS asked (owner, used)
CROSS JOIN LATERAL (SELECT * FROM ledger_entry WHERE nonce = used AND owner_id = owner LIMIT 1) AS entry
