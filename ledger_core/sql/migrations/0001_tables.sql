-- Creates what Django's migrations cannot: keys by owner, and append-only entries.

-- Every unique constraint contains the owner, so that the tables can be distributed by owner. The id comes first in the
-- key, so the index finds an entry by its id alone.
ALTER TABLE ledger_entry
    DROP CONSTRAINT ledger_entry_pkey,
    ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (id, owner_id);

-- An entry belongs to an account. It reverses an entry of the same owner, or none.
ALTER TABLE ledger_entry
    ADD CONSTRAINT ledger_entry_of_account FOREIGN KEY (owner_id) REFERENCES ledger_account (owner_id),
    ADD CONSTRAINT ledger_entry_reverses_own
    FOREIGN KEY (reverses_id, owner_id) REFERENCES ledger_entry (id, owner_id);

ALTER TABLE ledger_reversible
    DROP CONSTRAINT ledger_reversible_pkey,
    ADD CONSTRAINT ledger_reversible_pkey PRIMARY KEY (entry_id, owner_id),
    ADD CONSTRAINT ledger_reversible_of_entry
    FOREIGN KEY (entry_id, owner_id) REFERENCES ledger_entry (id, owner_id);

-- Every post updates an account. The free tenth of a page lets PostgreSQL put the new version of the row on the same page,
-- so that no index changes.
ALTER TABLE ledger_account SET (fillfactor = 90);

-- Entries never change: a mistake is fixed by another entry. Triggers apply to every role, including the tables' owner.
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries are append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Post a correcting entry instead.';
END
$$;
CREATE TRIGGER ledger_entry_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
