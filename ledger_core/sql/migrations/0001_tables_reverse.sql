-- Reverses 0001_tables.sql as far as needed: the rest goes with the tables.
DROP TRIGGER ledger_entry_append_only ON ledger_entry;
DROP FUNCTION ledger_refuse_change();
