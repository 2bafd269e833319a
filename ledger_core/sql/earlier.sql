-- Finds the entries of owners and nonces, which come as two JSON arrays: each nonce belongs to the owner at the same
-- position. It only reads, after a rejection: an entry that it finds is committed and never changes. LATERAL with LIMIT
-- makes PostgreSQL use the index of nonces: it expects a hundred elements in each array, and would otherwise read all
-- entries of a small ledger to find one. The columns are named, so the result stays the same when the table gets another.
SELECT {entry}
FROM ROWS FROM (
    json_array_elements_text(%(owners)s), json_array_elements_text(%(nonces)s)
) AS asked (owner, used)
CROSS JOIN LATERAL (SELECT * FROM ledger_entry WHERE nonce = used AND owner_id = owner LIMIT 1) AS entry
