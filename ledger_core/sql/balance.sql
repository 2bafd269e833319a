-- Reads what an owner has.
SELECT owner_id, balance, seq, updated_on FROM ledger_account WHERE owner_id = %(owner_id)s
