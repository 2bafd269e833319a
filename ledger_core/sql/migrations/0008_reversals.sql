-- Posts the entries of a batch for any owners, all or none, in their order, and returns them in no particular order. It is
-- a function, so that the caller makes one round trip, and no lock is held while waiting for the network. It locks the
-- accounts in the order of owners, so two batches cannot deadlock; each later statement sees what was committed by then.
CREATE OR REPLACE FUNCTION ledger_post_batch(app text, client text, items jsonb) RETURNS SETOF ledger_posted
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
        -- A reversal moves back, for each unit, what the entry that it names moved; its own delta is not read.
        SELECT
            position, item.owner_id COLLATE "C" AS owner_id, item.operation, item.amount, nonce, claim, period,
            reverses_id, reversed.amount AS reversed_amount,
            CASE
                WHEN reverses_id IS NULL THEN item.delta
                ELSE coalesce(-(reversed.delta / reversed.amount) * item.amount, 0)
            END AS delta
        FROM ROWS FROM (
            jsonb_to_recordset(items) AS (
                owner_id text, operation text, amount bigint, delta bigint, nonce text, claim text, period text,
                reverses_id bigint, reversed_operation text
            )
        ) WITH ORDINALITY AS item (
            owner_id, operation, amount, delta, nonce, claim, period, reverses_id, reversed_operation, position
        )
        -- As in post.sql: no row, where it may not be reversed. Lateral, with a limit, so that it is found by its id.
        LEFT JOIN LATERAL (
            SELECT amount, delta FROM ledger_entry AS e
            WHERE e.id = item.reverses_id AND e.owner_id = item.owner_id COLLATE "C"
            AND e.app = ledger_post_batch.app AND e.operation = item.reversed_operation AND e.amount >= item.amount
            LIMIT 1
        ) AS reversed ON TRUE
    ), running AS (
        SELECT *, sum(delta) OVER own AS moved, row_number() OVER own AS nth
        FROM item
        WINDOW own AS (PARTITION BY owner_id ORDER BY position)
    ), numbered AS (
        SELECT
            item.owner_id, a.head, a.seq + nth AS seq, operation, amount, delta,
            (a.balance + moved)::bigint AS balance_after, nonce,
            ledger_claim(claim, period, greatest(a.updated_on, moment)) AS claim, reverses_id,
            greatest(a.updated_on, moment) AS created_on
        FROM running AS item JOIN ledger_account AS a USING (owner_id)
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
            reverses_id, owner_id,
            -- The least, so that one item that may not reverse it is enough to refuse; -1 stands for all below zero.
            greatest(min(coalesce(reversed_amount, 0)) - sum(amount), -1)::bigint
        FROM item
        WHERE reverses_id IS NOT NULL
        GROUP BY reverses_id, owner_id
        ON CONFLICT (entry_id, owner_id) DO UPDATE
        -- What is proposed is what would be left of the whole; what has gone of it before goes as well.
        SET remaining = excluded.remaining - (
            (SELECT amount FROM ledger_entry AS e WHERE e.id = r.entry_id AND e.owner_id = r.owner_id) - r.remaining
        )
    )
    SELECT * FROM entry;
END
$$;
