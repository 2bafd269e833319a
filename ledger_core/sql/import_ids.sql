-- Lets the ids of entries that are posted go on after those that were imported.
SELECT setval(pg_get_serial_sequence('ledger_entry', 'id'), max(id)) FROM ledger_entry
