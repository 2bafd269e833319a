-- Creates what Django's migrations cannot: types with limits, keys by owner, and append-only entries. The tables are new and
-- empty, so no post waits for these changes.
-- squawk-ignore-file ban-create-domain-with-constraint, changing-column-type

-- The limits are what the API already checks, for writers that bypass it. They also keep hashes unambiguous: line breaks
-- separate the fields that an entry's hash covers. A domain costs a post less than a CHECK of a table: PostgreSQL keeps the
-- condition of a domain ready, and parses that of a CHECK again for each statement. The length is not part of the regular
-- expression, because PostgreSQL would build a state for each possible character, for every row.
CREATE DOMAIN ledger_optional_text AS text COLLATE "C"
    CONSTRAINT ledger_text_plain CHECK (length(VALUE) <= 128 AND VALUE !~ '[[:cntrl:]]');
CREATE DOMAIN ledger_text AS ledger_optional_text CONSTRAINT ledger_text_not_empty CHECK (VALUE <> '');
CREATE DOMAIN ledger_units AS bigint CONSTRAINT ledger_units_positive CHECK (VALUE >= 1);
ALTER TABLE ledger_account ALTER owner_id TYPE ledger_text;
ALTER TABLE ledger_entry
    ALTER owner_id TYPE ledger_text, ALTER nonce TYPE ledger_text, ALTER claim TYPE ledger_text,
    ALTER client TYPE ledger_optional_text, ALTER amount TYPE ledger_units;
ALTER TABLE ledger_reversible ALTER owner_id TYPE ledger_text;

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
