-- Reverses 0006_moments.sql.
DROP FUNCTION ledger_seq_before(text, timestamptz);
