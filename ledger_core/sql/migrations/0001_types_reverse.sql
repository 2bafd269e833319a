-- Reverses 0001_types.sql, after the tables are gone.
DROP DOMAIN ledger_units;
DROP DOMAIN ledger_text;
DROP DOMAIN ledger_optional_text;
