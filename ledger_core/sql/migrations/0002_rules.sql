-- Creates the rules that involve more than one row: claims, the units that are left to reverse, and batches. A migration
-- runs alone, and before the version that needs it.

ALTER TABLE ledger_reversible
    DROP CONSTRAINT ledger_reversible_pkey,
    ADD CONSTRAINT ledger_reversible_pkey PRIMARY KEY (entry_id, owner_id),
    ADD CONSTRAINT ledger_reversible_of_entry
    FOREIGN KEY (entry_id, owner_id) REFERENCES ledger_entry (id, owner_id);

-- The units that are left follow from the entries, which stay if this migration is reversed and then applied again.
INSERT INTO ledger_reversible (entry_id, owner_id, remaining)
SELECT reversed.id, reversed.owner_id, reversed.amount - sum(reversal.amount)
FROM ledger_entry AS reversal
JOIN ledger_entry AS reversed ON reversed.id = reversal.reverses_id AND reversed.owner_id = reversal.owner_id
GROUP BY reversed.id, reversed.owner_id, reversed.amount;

-- Returns the claim that an entry takes at a moment: the name, and the period as to_char writes it in UTC. NULL: none.
CREATE FUNCTION ledger_claim(claim text, period text, moment timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN claim || coalesce(to_char(moment AT TIME ZONE 'UTC', period), '');  -- to_char gives NULL for a NULL format

-- Returns the hash of each entry in turn, as a window function over an owner's entries. `head` is the hash before the first.
CREATE FUNCTION ledger_chain_step(
    previous bytea, head bytea, owner_id text, seq bigint, app text, operation text, amount bigint, delta bigint,
    balance_after bigint, nonce text, claim text, reverses bigint, client text, created_on timestamptz
) RETURNS bytea LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ledger_entry_hash(
        coalesce(previous, head), owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses,
        client, created_on
    );
END
$$;
CREATE AGGREGATE ledger_chain(
    head bytea, owner_id text, seq bigint, app text, operation text, amount bigint, delta bigint,
    balance_after bigint, nonce text, claim text, reverses bigint, client text, created_on timestamptz
) (SFUNC = ledger_chain_step, STYPE = bytea);

-- An entry as ledger_post_batch returns it. It is not the row type of ledger_entry: calls in progress would fail when that
-- table gets another column.
CREATE TYPE ledger_posted AS (
    id bigint, owner_id text, seq bigint, app text, operation text, amount bigint, delta bigint, balance_after bigint,
    nonce text, claim text, reverses_id bigint, client text, created_on timestamptz, hash bytea
);

-- Posts the entries of a batch for any owners, all or none, in their order, and returns them in no particular order. It is
-- a function, so that the caller makes one round trip, and no lock is held while waiting for the network. It locks the
-- accounts in the order of owners, so two batches cannot deadlock; each later statement sees what was committed by then.
CREATE FUNCTION ledger_post_batch(app text, client text, items jsonb) RETURNS SETOF ledger_posted
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz := statement_timestamp();
BEGIN
    -- Every account is made or locked, in the order of owners, so that two batches cannot wait for each other. What
    -- is read below is read after that: each statement of a function sees what was committed before it began.
    INSERT INTO ledger_account AS a (owner_id, balance, seq, head, created_on, updated_on)
    SELECT DISTINCT owner_id COLLATE "C", 0, 0, ''::bytea, moment, moment
    FROM jsonb_to_recordset(items) AS item (owner_id text)
    ORDER BY 1
    ON CONFLICT (owner_id) DO UPDATE SET seq = a.seq;

    RETURN QUERY
    WITH item AS (
        SELECT
            position, owner_id COLLATE "C" AS owner_id, operation, amount, delta, nonce, claim, period, reverses_id,
            reversed_operation, sum(delta) OVER own AS moved, row_number() OVER own AS nth
        FROM ROWS FROM (
            jsonb_to_recordset(items) AS (
                owner_id text, operation text, amount bigint, delta bigint, nonce text, claim text, period text,
                reverses_id bigint, reversed_operation text
            )
        ) WITH ORDINALITY AS item (
            owner_id, operation, amount, delta, nonce, claim, period, reverses_id, reversed_operation, position
        )
        WINDOW own AS (PARTITION BY owner_id COLLATE "C" ORDER BY position)
    ), numbered AS (
        SELECT
            item.owner_id, a.head, a.seq + nth AS seq, operation, amount, delta,
            (a.balance + moved)::bigint AS balance_after, nonce,
            ledger_claim(claim, period, greatest(a.updated_on, moment)) AS claim, reverses_id,
            greatest(a.updated_on, moment) AS created_on
        FROM item JOIN ledger_account AS a USING (owner_id)
    ), entry AS (
        INSERT INTO ledger_entry (
            owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on,
            hash
        )
        SELECT
            owner_id, seq, ledger_post_batch.app, operation, amount, delta, balance_after, nonce, claim, reverses_id,
            ledger_post_batch.client, created_on,
            ledger_chain(
                head, owner_id, seq, ledger_post_batch.app, operation, amount, delta, balance_after, nonce, claim,
                reverses_id, ledger_post_batch.client, created_on
            ) OVER (PARTITION BY owner_id ORDER BY seq)
        FROM numbered
        ORDER BY owner_id, seq
        RETURNING
            id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on,
            hash
    ), account AS (
        UPDATE ledger_account AS a
        SET balance = newest.balance_after, seq = newest.seq, head = newest.hash, updated_on = newest.created_on
        FROM (SELECT DISTINCT ON (owner_id) * FROM entry ORDER BY owner_id, seq DESC) AS newest
        WHERE a.owner_id = newest.owner_id
    ), reversal AS (
        -- As in post.sql.
        INSERT INTO ledger_reversible AS r (entry_id, owner_id, remaining)
        SELECT
            item.reverses_id, item.owner_id,
            -- The least, so that one item that may not reverse it is enough to refuse; -1 stands for all below zero.
            greatest(min(coalesce(reversed.amount, 0)) - sum(item.amount), -1)::bigint
        FROM item LEFT JOIN ledger_entry AS reversed
            ON reversed.id = item.reverses_id AND reversed.owner_id = item.owner_id
            AND reversed.app = ledger_post_batch.app AND reversed.operation = item.reversed_operation
        WHERE item.reverses_id IS NOT NULL
        GROUP BY item.reverses_id, item.owner_id
        ON CONFLICT (entry_id, owner_id) DO UPDATE
        -- What is proposed is what would be left of the whole; what has gone of it before goes as well.
        SET remaining = excluded.remaining - (
            (SELECT amount FROM ledger_entry AS e WHERE e.id = r.entry_id AND e.owner_id = r.owner_id) - r.remaining
        )
    )
    SELECT * FROM entry;
END
$$;
