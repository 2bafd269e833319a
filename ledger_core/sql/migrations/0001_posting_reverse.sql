-- Reverses 0001_posting.sql.
DROP FUNCTION ledger_post_batch(text, text, jsonb);
DROP FUNCTION ledger_post(text, text, text, bigint, bigint, text, text, text, bigint, text, text);
DROP FUNCTION ledger_append(ledger_entry, ledger_account, text, text);
DROP FUNCTION ledger_reverse(bigint, text, text, text, bigint);
DROP FUNCTION ledger_entry_hash(bytea, ledger_entry);
