-- Reverses 0001_books.sql.
DROP TRIGGER ledger_entry_append_only ON ledger_entry;
DROP FUNCTION ledger_refuse_change();
DROP FUNCTION ledger_entry_hash(
    bytea, text, bigint, text, text, bigint, bigint, bigint, text, text, bigint, text, timestamptz
);
ALTER TABLE ledger_entry
    DROP CONSTRAINT ledger_entry_reverses_own,
    DROP CONSTRAINT ledger_entry_of_account;
ALTER TABLE ledger_entry
    DROP CONSTRAINT ledger_entry_pkey,
    ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (id);
