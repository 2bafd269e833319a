-- Reverses 0002_rules.sql.
DROP FUNCTION ledger_post_batch(text, text, jsonb);
DROP TYPE ledger_posted;
DROP AGGREGATE ledger_chain(
    bytea, text, bigint, text, text, bigint, bigint, bigint, text, text, bigint, text, timestamptz
);
DROP FUNCTION ledger_chain_step(
    bytea, bytea, text, bigint, text, text, bigint, bigint, bigint, text, text, bigint, text, timestamptz
);
DROP FUNCTION ledger_claim(text, text, timestamptz);
ALTER TABLE ledger_reversible
    DROP CONSTRAINT ledger_reversible_of_entry,
    DROP CONSTRAINT ledger_reversible_pkey,
    ADD CONSTRAINT ledger_reversible_pkey PRIMARY KEY (entry_id);
