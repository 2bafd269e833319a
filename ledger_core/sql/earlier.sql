-- Finds the entries that have these owners' nonces: each nonce is looked for with the owner that stands beside it.
SELECT ledger_entry.*
FROM ledger_entry JOIN unnest(%(owners)s::text[], %(nonces)s::text[]) AS asked (owner_id, nonce) USING (owner_id, nonce)
