-- Reads entries by owner and sequence number, which come as two arrays: each sequence number belongs to the owner at the
-- same position. It only reads.
SELECT {entry}
FROM ledger_entry JOIN unnest(%(owners)s::text[], %(seqs)s::bigint[]) AS place (owner_id, seq) USING (owner_id, seq)
