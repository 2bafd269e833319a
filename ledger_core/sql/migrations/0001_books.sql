-- What Django cannot say about the books: keys by owner, the form that is hashed, and append-only entries.

-- Every unique constraint holds the owner, so that both tables can be distributed by owner as they are. The id
-- comes first in the key, and so an entry is still found by its id alone.
ALTER TABLE ledger_entry
    DROP CONSTRAINT ledger_entry_pkey,
    ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (id, owner_id);

-- An entry is of an account, and reverses an entry of the same owner, or none.
ALTER TABLE ledger_entry
    ADD CONSTRAINT ledger_entry_of_account FOREIGN KEY (owner_id) REFERENCES ledger_account (owner_id),
    ADD CONSTRAINT ledger_entry_reverses_own
    FOREIGN KEY (reverses_id, owner_id) REFERENCES ledger_entry (id, owner_id);

-- The hash of an entry: SHA-256 of the hash before it and of the entry's canonical form, version 1, which
-- docs/architecture.md describes. Line breaks separate the fields, and no field can hold one.
CREATE FUNCTION ledger_entry_hash(
    previous bytea, owner_id text, seq bigint, app text, operation text, amount bigint, delta bigint,
    balance_after bigint, nonce text, claim text, reverses bigint, client text, created_on timestamptz
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(previous || convert_to(
    concat_ws(
        E'\n', '1', owner_id, seq, app, operation, amount, delta, balance_after, nonce,
        coalesce(claim, ''), coalesce(reverses::text, ''), client,
        to_char(created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    ),
    'UTF8'
));

-- History is not edited: a mistake is put right by a further entry. Triggers bind every role, owners included.
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries are append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Post a correcting entry instead.';
END
$$;
CREATE TRIGGER ledger_entry_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
