-- Reads the entries at these places: each sequence number with the owner that stands beside it.
SELECT
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
FROM ledger_entry JOIN unnest(%(owners)s::text[], %(seqs)s::bigint[]) AS place (owner_id, seq) USING (owner_id, seq)
