-- Reverses 0001_moments.sql.
DROP FUNCTION ledger_seq_before(text, timestamptz);
