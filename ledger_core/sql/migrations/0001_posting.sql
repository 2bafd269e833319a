-- Creates the functions that post entries. `ledger_post` posts one entry, `ledger_post_batch` many. Both lock the accounts,
-- let `ledger_append` make each entry, and then write the accounts and the entries. Each is one call, so the caller makes
-- one round trip, and no lock is held while waiting for the network. Named constraints reject what the rules forbid: see
-- ledger_core/rules.
--
-- Each statement inside a function sees what was committed before that statement began. So what is read after the lock is
-- taken is the newest.

-- Returns the hash of an entry: SHA-256 of the previous entry's hash and this entry's canonical form, version 1, which
-- docs/architecture.md describes. Line breaks separate the fields, and no field can contain one.
CREATE FUNCTION ledger_entry_hash(previous bytea, entry ledger_entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(previous || convert_to(
    concat_ws(
        E'\n', '1', entry.owner_id, entry.seq, entry.app, entry.operation, entry.amount, entry.delta, entry.balance_after,
        entry.nonce, coalesce(entry.claim, ''), coalesce(entry.reverses_id::text, ''), entry.client,
        to_char(entry.created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    ),
    'UTF8'
));

-- Counts down the units that are left of an entry of the owner, and returns what one unit of a reversal moves: the opposite
-- of what one unit of that entry moved. An entry that does not exist, or belongs to another app or operation, has 0 units.
-- So ledger_reversible_remaining_not_negative rejects its reversal: PostgreSQL checks the proposed row even if there is
-- one already.
CREATE FUNCTION ledger_reverse(reversed_id bigint, owner text, app text, operation text, units bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    reversed ledger_entry;
BEGIN
    SELECT * INTO reversed FROM ledger_entry AS e
    WHERE e.id = reversed_id AND e.owner_id = owner AND e.app = ledger_reverse.app
    AND e.operation = ledger_reverse.operation;
    INSERT INTO ledger_reversible AS r (entry_id, owner_id, remaining)
    VALUES (reversed_id, owner, coalesce(reversed.amount, 0) - units)
    ON CONFLICT (entry_id, owner_id) DO UPDATE SET remaining = r.remaining - units;
    RETURN -(reversed.delta / reversed.amount);
END
$$;

-- Returns the entry as the next one of the account, which the caller has locked. `period` is a format of to_char: it
-- completes the claim with the period of the entry's time in UTC.
CREATE FUNCTION ledger_append(entry ledger_entry, account ledger_account, period text, reversed_operation text)
RETURNS ledger_entry LANGUAGE plpgsql AS $$
BEGIN
    entry.id := nextval('ledger_entry_id_seq');
    entry.owner_id := account.owner_id;
    entry.seq := account.seq + 1;
    IF entry.reverses_id IS NOT NULL THEN
        entry.delta := entry.amount * ledger_reverse(
            entry.reverses_id, entry.owner_id, entry.app, reversed_operation, entry.amount
        );
    END IF;
    entry.balance_after := account.balance + entry.delta;
    -- A statement that waited for the lock can have begun before the one that held it. Time must not go back.
    entry.created_on := greatest(account.updated_on, statement_timestamp());
    entry.claim := entry.claim || coalesce(to_char(entry.created_on AT TIME ZONE 'UTC', period), '');  -- '' gives NULL
    entry.hash := ledger_entry_hash(account.head, entry);
    RETURN entry;
END
$$;

-- Posts an entry and returns it. The entry's account is created with its first entry.
CREATE FUNCTION ledger_post(
    owner text, app text, operation text, amount bigint, delta bigint, nonce text, claim text, period text,
    reverses_id bigint, reversed_operation text, client text
) RETURNS ledger_entry LANGUAGE plpgsql AS $$
DECLARE
    account ledger_account;
    entry ledger_entry;
BEGIN
    SELECT * INTO account FROM ledger_account AS a WHERE a.owner_id = owner FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO ledger_account (owner_id, balance, seq, head, created_on, updated_on)
        VALUES (owner, 0, 0, '', statement_timestamp(), statement_timestamp())
        ON CONFLICT (owner_id) DO NOTHING;  -- waits for another first post of the owner
        SELECT * INTO account FROM ledger_account AS a WHERE a.owner_id = owner FOR NO KEY UPDATE;
    END IF;
    entry.app := app;
    entry.operation := operation;
    entry.amount := amount;
    entry.delta := delta;
    entry.nonce := nonce;
    entry.claim := claim;
    entry.reverses_id := reverses_id;
    entry.client := client;
    entry := ledger_append(entry, account, period, reversed_operation);
    UPDATE ledger_account AS a
    SET balance = entry.balance_after, seq = entry.seq, head = entry.hash, updated_on = entry.created_on
    WHERE a.owner_id = owner;
    INSERT INTO ledger_entry VALUES (entry.*);
    RETURN entry;
END
$$;

-- Posts the entries of a batch for any owners, all or none, and returns them. It posts an owner's entries in their order in
-- the batch. It creates and locks the accounts in the order of owners, so two batches cannot deadlock.
CREATE FUNCTION ledger_post_batch(app text, client text, items jsonb) RETURNS SETOF ledger_entry LANGUAGE plpgsql AS $$
DECLARE
    owners text[] := ARRAY(
        SELECT DISTINCT i.owner_id COLLATE "C" FROM jsonb_to_recordset(items) AS i (owner_id text) ORDER BY 1
    );
    item record;
    account ledger_account;
    entry ledger_entry;
    entries ledger_entry[];
BEGIN
    INSERT INTO ledger_account (owner_id, balance, seq, head, created_on, updated_on)
    SELECT owner_id, 0, 0, '', statement_timestamp(), statement_timestamp() FROM unnest(owners) AS o (owner_id)
    ON CONFLICT (owner_id) DO NOTHING;
    PERFORM FROM ledger_account AS a WHERE a.owner_id = ANY(owners) ORDER BY a.owner_id FOR NO KEY UPDATE;

    FOR item IN
        SELECT i.*, a AS account
        FROM ROWS FROM (
            jsonb_to_recordset(items) AS (
                owner_id text, operation text, amount bigint, delta bigint, nonce text, claim text, period text,
                reverses_id bigint, reversed_operation text
            )
        ) WITH ORDINALITY AS i (
            owner_id, operation, amount, delta, nonce, claim, period, reverses_id, reversed_operation, position
        )
        -- Lateral, with a limit, so that PostgreSQL finds each account by its key, and reads no others.
        CROSS JOIN LATERAL (SELECT * FROM ledger_account AS a WHERE a.owner_id = i.owner_id COLLATE "C" LIMIT 1) AS a
        ORDER BY i.owner_id COLLATE "C", position
    LOOP
        IF account.owner_id IS DISTINCT FROM item.owner_id THEN
            account := item.account;
        END IF;
        entry.app := app;
        entry.operation := item.operation;
        entry.amount := item.amount;
        entry.delta := item.delta;
        entry.nonce := item.nonce;
        entry.claim := item.claim;
        entry.reverses_id := item.reverses_id;
        entry.client := client;
        entry := ledger_append(entry, account, item.period, item.reversed_operation);
        account.balance := entry.balance_after;
        account.seq := entry.seq;
        account.head := entry.hash;
        account.updated_on := entry.created_on;
        entries := entries || entry;
    END LOOP;

    UPDATE ledger_account AS a
    SET balance = newest.balance_after, seq = newest.seq, head = newest.hash, updated_on = newest.created_on
    FROM (SELECT DISTINCT ON (owner_id) * FROM unnest(entries) ORDER BY owner_id, seq DESC) AS newest
    WHERE a.owner_id = newest.owner_id;
    RETURN QUERY INSERT INTO ledger_entry SELECT * FROM unnest(entries) RETURNING *;
END
$$;
