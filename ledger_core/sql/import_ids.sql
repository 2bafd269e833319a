-- Makes new entries get ids above the imported ones. Nothing else may post during an import: this could set the sequence
-- back behind ids that uncommitted posts have taken.
SELECT setval(pg_get_serial_sequence('ledger_entry', 'id'), max(id)) FROM ledger_entry
