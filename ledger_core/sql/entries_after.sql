-- Reads a page of entries in the order of owners and sequence numbers, after an owner's entry. It only reads. It follows the
-- index ledger_entry_sequence, so the server never sorts or writes a temporary file.
SELECT {entry}
FROM ledger_entry
WHERE (owner_id, seq) > (%(owner_id)s, %(seq)s)
ORDER BY owner_id, seq
LIMIT 5000
