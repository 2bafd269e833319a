-- Reverses 0002_moments.sql.
DROP FUNCTION ledger_seq_before(text, timestamptz);
