-- Reverses 0001_tables.sql. Keys and foreign keys go with the tables.
DROP TRIGGER ledger_entry_append_only ON ledger_entry;
DROP FUNCTION ledger_refuse_change();
ALTER TABLE ledger_account ALTER owner_id TYPE text COLLATE "C";
ALTER TABLE ledger_entry
    ALTER owner_id TYPE text COLLATE "C", ALTER nonce TYPE text COLLATE "C", ALTER claim TYPE text COLLATE "C",
    ALTER client TYPE text COLLATE "C", ALTER amount TYPE bigint;
ALTER TABLE ledger_reversible ALTER owner_id TYPE text COLLATE "C";
DROP DOMAIN ledger_units;
DROP DOMAIN ledger_text;
DROP DOMAIN ledger_optional_text;
