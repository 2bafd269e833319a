-- Creates what Django's migrations cannot: keys by owner, the hash of an entry, and append-only entries. A migration runs
-- alone, and before the version that needs it.

-- Every unique constraint contains the owner, so that both tables can be distributed by owner. The id comes first in the
-- key, so the index finds an entry by its id alone.
ALTER TABLE ledger_entry
    DROP CONSTRAINT ledger_entry_pkey,
    ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (id, owner_id);

-- An entry belongs to an account. It reverses an entry of the same owner, or none.
ALTER TABLE ledger_entry
    ADD CONSTRAINT ledger_entry_of_account FOREIGN KEY (owner_id) REFERENCES ledger_account (owner_id),
    ADD CONSTRAINT ledger_entry_reverses_own
    FOREIGN KEY (reverses_id, owner_id) REFERENCES ledger_entry (id, owner_id);

-- Returns the hash of an entry: SHA-256 of the previous entry's hash and this entry's canonical form, version 1, which
-- docs/architecture.md describes. Line breaks separate the fields, and no field can contain one.
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
