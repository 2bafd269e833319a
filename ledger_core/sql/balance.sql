-- Reads an owner's balance. It only reads one row, so it needs no lock.
SELECT owner_id, balance, seq, updated_on FROM ledger_account WHERE owner_id = %(owner_id)s
