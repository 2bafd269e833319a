-- Creates the functions that post entries. `ledger_post` posts one item, `ledger_post_batch` many. Both lock the accounts,
-- let `ledger_append` make each entry, and then write the accounts and the entries. Each is one call, so the caller makes
-- one round trip, and no lock is held while waiting for the network. Named constraints reject what the rules forbid: see
-- ledger_core/rules. `ledger_try` posts items and takes it back, to say what would become of each.
--
-- Each statement inside a function sees what was committed before that statement began. So what is read after the lock is
-- taken is the newest.

-- What a caller asks to post for an owner. `delta` is NULL for a reversal. `claim` and `period` name the slot that the
-- entry takes: `period` is a format of to_char, which writes the period of the entry's time in UTC. A hold has the credits
-- to reserve (`held`) and its lifetime in seconds (`expires_in`). What draws on a hold has its id (`hold`) and whether it
-- ends the hold (`final`); without `amount`, it draws all units. A transfer has the other owner (`counterparty`). The
-- functions below set `id` and `transfer`. Credits that expire have a `priority` and a lifetime (`expires_in`); so has a
-- refund that extends the lifetime of what it gives back. An upgrade cannot add attributes, because replicas that are not yet upgraded pass a ROW of these.
CREATE TYPE ledger_item AS (
    operation text,
    amount bigint,
    delta bigint,
    nonce text,
    claim text,
    period text,
    reverses bigint,
    reversed_operation text,
    reference text,
    metadata jsonb,
    id bigint,
    hold bigint,
    held bigint,
    final boolean,
    transfer bigint,
    counterparty text,
    expires_in bigint,
    priority smallint
);

-- Returns the hash of an entry: SHA-256 of the previous entry's hash and this entry's canonical form, which
-- docs/architecture.md describes: a JSON array of its columns. It is only for entries of form 1.
CREATE FUNCTION ledger_entry_hash(previous bytea, entry ledger_entry) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(previous || convert_to(
    json_build_array(
        entry.form, entry.id, entry.owner_id, entry.seq, entry.app, entry.operation, entry.amount, entry.delta,
        entry.balance_after, entry.held, entry.held_after, entry.nonce, entry.claim, entry.reverses, entry.hold, entry.batch,
        entry.transfer, entry.counterparty, to_char(entry.expires_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        entry.priority, entry.client, entry.reference, entry.metadata, to_jsonb(entry.drawn),
        to_char(entry.created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    )::text,
    'UTF8'
));

-- Draws on the units of an entry of the owner, and returns what one unit of a reversal moves: the opposite of what one
-- unit of that entry moved. An entry that does not exist, moved nothing but a reservation, gave credits that expire, or
-- belongs to another app or operation, has 0 units. So has a side of a transfer, if the other side is not reversed with it:
-- the callers look for the other side before they lock accounts, and the transfer can have been committed since. So
-- ledger_open_units_remaining_not_negative rejects the reversal, and Python tries again. PostgreSQL checks the proposed row
-- even if there is one already.
CREATE FUNCTION ledger_reverse(owner text, app text, item ledger_item) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    reversed ledger_entry;
BEGIN
    SELECT * INTO reversed FROM ledger_entry AS e
    WHERE e.id = item.reverses AND e.owner_id = owner AND e.app = ledger_reverse.app
    AND e.operation = item.reversed_operation AND e.held <= 0 AND e.priority IS NULL
    AND (e.transfer IS NULL) = (item.transfer IS NULL);
    INSERT INTO ledger_open_units AS open_ (entry_id, owner_id, remaining)
    VALUES (item.reverses, owner, coalesce(reversed.amount, 0) - item.amount)
    ON CONFLICT (entry_id, owner_id) DO UPDATE SET remaining = open_.remaining - item.amount;
    RETURN -(reversed.delta / reversed.amount);
END
$$;

-- Draws on the units of a hold of the owner, and returns the entry with what it moves: a capture takes its units from the
-- balance, and what draws otherwise only ends the reservation. Each unit moves the credits that were held for it. A hold
-- that does not exist, has ended, or belongs to another app has 0 units, and the constraint rejects as for a reversal. A
-- hold that has expired has ended already: see ledger_expire. An entry that leaves the rest of its hold open has its end.
CREATE FUNCTION ledger_draw_on_hold(entry ledger_entry, item ledger_item) RETURNS ledger_entry LANGUAGE plpgsql AS $$
DECLARE
    hold record;
    left_ bigint;
    drawn bigint;
BEGIN
    SELECT e.id, e.operation, e.reference, e.expires_on, e.held / e.amount AS unit, o.remaining INTO hold
    FROM ledger_entry AS e JOIN ledger_open_units AS o ON o.entry_id = e.id AND o.owner_id = e.owner_id
    WHERE e.id = item.hold AND e.owner_id = entry.owner_id AND e.app = entry.app AND e.held > 0;
    left_ := coalesce(hold.remaining, 0);
    entry.amount := coalesce(item.amount, greatest(left_, 1));
    drawn := CASE WHEN item.final THEN greatest(left_, entry.amount) ELSE entry.amount END;
    UPDATE ledger_open_units AS o
    SET remaining = left_ - drawn, expires_on = CASE WHEN drawn < left_ THEN o.expires_on END
    WHERE o.entry_id = hold.id AND o.owner_id = entry.owner_id;
    IF NOT FOUND THEN
        INSERT INTO ledger_open_units (entry_id, owner_id, remaining) VALUES (item.hold, entry.owner_id, -drawn);  -- rejected
    END IF;
    entry.held := -drawn * hold.unit;
    entry.delta := CASE WHEN item.operation = hold.operation THEN -entry.amount * hold.unit ELSE 0 END;
    entry.expires_on := CASE WHEN NOT item.final THEN hold.expires_on END;
    entry.reference := hold.reference;
    RETURN entry;
END
$$;

-- Returns what an entry draws on lots, a row for each lot: see the column `drawn`. A large array is stored compressed, and
-- each subscript would decompress it again; array_cat does that once.
CREATE FUNCTION ledger_drawn(drawn bigint[]) RETURNS TABLE (lot_id bigint, taken bigint, spent bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT plain.rows_[i][1], plain.rows_[i][2], plain.rows_[i][3]
    FROM (SELECT array_cat(drawn, '{}') AS rows_ OFFSET 0) AS plain CROSS JOIN generate_subscripts(plain.rows_, 1) AS i;
END;

-- Returns how many credits an entry gives that expire. A refund gives what it does not give back to a lot that has expired.
CREATE FUNCTION ledger_value_of_lot(entry ledger_entry) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN entry.priority IS NULL THEN 0
    WHEN entry.drawn IS NULL THEN entry.delta
    ELSE (SELECT sum(d.taken - d.spent)::bigint FROM ledger_drawn(entry.drawn) AS d)
END;

-- Returns the credits of lots that a hold still reserves, or that a debit has spent and no refund has given back.
CREATE FUNCTION ledger_credits_of_lots(owner text, source bigint, reserved boolean)
RETURNS TABLE (lot_id bigint, priority smallint, expires_on timestamptz, credits bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT d.lot_id, lot.priority, lot.expires_on, sum(CASE WHEN reserved THEN d.taken - d.spent ELSE d.spent END)::bigint
    FROM (
        SELECT e.drawn FROM ledger_entry AS e WHERE e.id = source AND e.owner_id = owner
        UNION ALL
        SELECT e.drawn FROM ledger_entry AS e WHERE e.hold = source AND e.owner_id = owner AND reserved
        UNION ALL
        SELECT e.drawn FROM ledger_entry AS e WHERE e.reverses = source AND e.owner_id = owner AND NOT reserved
    ) AS e
    CROSS JOIN ledger_drawn(e.drawn) AS d
    JOIN ledger_entry AS lot ON lot.id = d.lot_id AND lot.owner_id = owner
    GROUP BY d.lot_id, lot.priority, lot.expires_on
    HAVING sum(CASE WHEN reserved THEN d.taken - d.spent ELSE d.spent END) > 0;
END;

-- Draws on the lots of the owner, and returns the entry with what it draws. The account is locked. Lots are used in the order
-- of priority, end and id, here and nowhere else, and credits that do not expire after them. A capture spends what its hold
-- took, in the same order; what the hold then releases goes back. A refund gives back what was used last, so first what does
-- not expire. What goes back to a lot that has expired, expires at once: the callers see to that. But if the item of a
-- refund has a lifetime, the refund gives these credits as a new lot.
CREATE FUNCTION ledger_draw_on_lots(entry ledger_entry, item ledger_item) RETURNS ledger_entry LANGUAGE plpgsql AS $$
DECLARE
    left_ bigint;
    part bigint;
    returned bigint;
    lot record;
    draw bigint[];
BEGIN
    IF entry.operation = 'CREDIT_EXPIRY' THEN
        entry.drawn := ARRAY[[entry.reverses, -entry.delta, -entry.delta]];
    ELSIF entry.hold IS NOT NULL THEN
        left_ := -entry.delta;
        FOR lot IN
            SELECT * FROM ledger_credits_of_lots(entry.owner_id, entry.hold, TRUE) ORDER BY priority, expires_on, lot_id
        LOOP
            part := least(left_, lot.credits);
            left_ := left_ - part;
            returned := CASE WHEN entry.held < entry.delta THEN lot.credits - part ELSE 0 END;  -- if it takes less than it ends
            IF part + returned > 0 THEN
                entry.drawn := entry.drawn || ARRAY[[lot.lot_id, -returned, part]];
            END IF;
        END LOOP;
    ELSIF entry.reverses IS NOT NULL AND entry.delta > 0 THEN
        -- The units that are left unreversed still have as many credits of the lots as they can.
        SELECT sum(c.credits) - (entry.delta / entry.amount) * (
            SELECT o.remaining FROM ledger_open_units AS o WHERE o.owner_id = entry.owner_id AND o.entry_id = entry.reverses
        ) INTO left_ FROM ledger_credits_of_lots(entry.owner_id, entry.reverses, FALSE) AS c;
        FOR lot IN
            SELECT * FROM ledger_credits_of_lots(entry.owner_id, entry.reverses, FALSE)
            WHERE left_ > 0 ORDER BY priority DESC, expires_on DESC, lot_id DESC
        LOOP
            part := least(left_, lot.credits);
            left_ := left_ - part;
            returned := part;
            IF item.priority IS NOT NULL AND lot.expires_on <= entry.created_on THEN
                returned := 0;
                entry.priority := item.priority;
                entry.expires_on := entry.created_on + item.expires_in * interval '1 second';
            END IF;
            entry.drawn := entry.drawn || ARRAY[[lot.lot_id, -returned, -part]];
            EXIT WHEN left_ = 0;
        END LOOP;
    ELSIF entry.priority IS NULL AND entry.transfer IS NULL THEN
        left_ := greatest(entry.held, -entry.delta);
        FOR lot IN
            SELECT o.entry_id, o.remaining FROM ledger_open_units AS o
            WHERE o.owner_id = entry.owner_id AND o.priority IS NOT NULL AND o.expires_on > entry.created_on AND left_ > 0
            ORDER BY o.priority, o.expires_on, o.entry_id
        LOOP
            part := least(left_, lot.remaining);
            left_ := left_ - part;
            entry.drawn := entry.drawn || ARRAY[[lot.entry_id, part, CASE WHEN entry.delta < 0 THEN part ELSE 0 END]];
            EXIT WHEN left_ = 0;
        END LOOP;
    END IF;
    IF entry.drawn IS NOT NULL THEN
        -- One after the other by the primary key: in one statement, PostgreSQL would read all lots of the owner. A lot with
        -- nothing left has no end, until something goes back to it.
        FOREACH draw SLICE 1 IN ARRAY entry.drawn LOOP
            UPDATE ledger_open_units AS o
            SET
                remaining = o.remaining - draw[2],
                expires_on = CASE WHEN o.remaining > draw[2] THEN coalesce(
                    o.expires_on,
                    (SELECT e.expires_on FROM ledger_entry AS e WHERE e.id = draw[1] AND e.owner_id = entry.owner_id)
                ) END
            WHERE o.owner_id = entry.owner_id AND o.entry_id = draw[1] AND draw[2] <> 0;
        END LOOP;
    END IF;
    IF entry.priority IS NOT NULL THEN
        INSERT INTO ledger_open_units (entry_id, owner_id, remaining, expires_on, priority)
        VALUES (entry.id, entry.owner_id, ledger_value_of_lot(entry), entry.expires_on, entry.priority);
    END IF;
    RETURN entry;
END
$$;

-- Returns by how many credits the lots of an account grow by an entry.
CREATE FUNCTION ledger_growth_of_lots(entry ledger_entry) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN ledger_value_of_lot(entry) - coalesce((SELECT sum(d.taken) FROM ledger_drawn(entry.drawn) AS d), 0)::bigint;

-- Returns the item as the next entry of the account, which the caller has locked.
CREATE FUNCTION ledger_append(app text, client text, batch bigint, item ledger_item, account ledger_account)
RETURNS ledger_entry LANGUAGE plpgsql AS $$
DECLARE
    entry ledger_entry;
BEGIN
    entry.form := 1;
    entry.id := coalesce(item.id, nextval('ledger_entry_id_seq'));
    entry.transaction_id := pg_current_xact_id();
    entry.app := app;
    entry.client := client;
    entry.batch := batch;
    entry.owner_id := account.owner_id;
    entry.operation := item.operation;
    entry.nonce := item.nonce;
    entry.metadata := item.metadata;
    entry.seq := account.seq + 1;
    -- A statement that waited for the lock can have begun before the one that held it. Time must not go back.
    entry.created_on := greatest(account.updated_on, statement_timestamp());
    IF item.hold IS NOT NULL THEN
        entry.hold := item.hold;
        entry := ledger_draw_on_hold(entry, item);
    ELSE
        entry.amount := item.amount;
        entry.reverses := item.reverses;
        entry.reference := item.reference;
        entry.delta := CASE WHEN item.delta IS NULL THEN item.amount * ledger_reverse(entry.owner_id, app, item) ELSE item.delta END;
        entry.held := 0;
        IF item.held > 0 THEN
            entry.held := item.held;
            entry.expires_on := entry.created_on + item.expires_in * interval '1 second';
        ELSIF item.priority IS NOT NULL AND item.reverses IS NULL THEN
            entry.priority := item.priority;
            entry.expires_on := entry.created_on + item.expires_in * interval '1 second';
        ELSIF item.transfer IS NOT NULL THEN
            entry.transfer := item.transfer;
            entry.counterparty := item.counterparty;
        END IF;
    END IF;
    IF entry.hold IS NOT NULL OR entry.reverses IS NOT NULL AND entry.delta > 0 THEN
        PERFORM FROM ledger_entry AS e
        WHERE e.id = coalesce(entry.hold, entry.reverses) AND e.owner_id = entry.owner_id AND e.drawn IS NOT NULL;
        IF FOUND THEN
            entry := ledger_draw_on_lots(entry, item);
        END IF;
    ELSIF account.lots > 0 OR entry.priority IS NOT NULL OR entry.operation = 'CREDIT_EXPIRY' THEN
        entry := ledger_draw_on_lots(entry, item);  -- rejects the end of a lot that has less left
    END IF;
    entry.balance_after := account.balance + entry.delta;
    entry.held_after := account.held + entry.held;
    entry.claim := item.claim || coalesce(to_char(entry.created_on AT TIME ZONE 'UTC', item.period), '');  -- '' gives NULL
    entry.hash := ledger_entry_hash(account.head, entry);
    RETURN entry;
END
$$;

-- Returns the account after its next entry.
CREATE FUNCTION ledger_after(account ledger_account, entry ledger_entry) RETURNS ledger_account LANGUAGE plpgsql AS $$
BEGIN
    account.balance := entry.balance_after;
    account.held := entry.held_after;
    account.seq := entry.seq;
    account.head := entry.hash;
    account.updated_on := entry.created_on;
    IF entry.drawn IS NOT NULL OR entry.priority IS NOT NULL THEN
        account.lots := account.lots + ledger_growth_of_lots(entry);
    END IF;
    RETURN account;
END
$$;

-- Ends the holds and the lots of a locked account that have expired, one after the other in the order of their ends, with an
-- entry for each, and returns the account as it is then. The caller writes the account. Every entry of an owner with holds
-- or lots comes after this, so no entry counts an expired hold or spends an expired credit, and it needs no other process. A
-- hold keeps its credits, also those of a lot that expires meanwhile: these go back at its end, and expire then. Such an
-- entry has a nonce that no client can know. It ends at most `most`; NULL means all. It finds all that have expired at once,
-- because to find the next after each entry would take time that grows with the square of their number; what is given back
-- meanwhile to lots that have expired, it finds in the next turn.
CREATE FUNCTION ledger_expire(account ledger_account, most bigint DEFAULT NULL) RETURNS ledger_account LANGUAGE plpgsql AS $$
DECLARE
    before bigint := account.seq;
    due record;
    item ledger_item;
    app text;
    entry ledger_entry;
BEGIN
    LOOP
        FOR due IN
            SELECT o.entry_id, o.priority FROM ledger_open_units AS o
            WHERE o.owner_id = account.owner_id AND o.expires_on <= greatest(account.updated_on, statement_timestamp())
            ORDER BY o.expires_on, o.entry_id LIMIT most - (account.seq - before)
        LOOP
            item := NULL;
            item.nonce := gen_random_uuid()::text;
            IF due.priority IS NULL THEN
                item.operation := 'HOLD_EXPIRY';
                item.hold := due.entry_id;
                item.final := TRUE;
            ELSE
                item.operation := 'CREDIT_EXPIRY';
                item.reverses := due.entry_id;
                SELECT o.remaining INTO item.amount FROM ledger_open_units AS o  -- a hold may have given back to it
                WHERE o.owner_id = account.owner_id AND o.entry_id = due.entry_id;
                item.delta := -item.amount;
            END IF;
            SELECT e.app INTO app FROM ledger_entry AS e WHERE e.id = due.entry_id AND e.owner_id = account.owner_id;
            entry := ledger_append(app, '', NULL, item, account);
            INSERT INTO ledger_entry VALUES (entry.*);
            account := ledger_after(account, entry);
        END LOOP;
        EXIT WHEN NOT FOUND;
    END LOOP;
    RETURN account;
END
$$;

-- Posts an item for one owner and returns its entry. The entry's account is created with its first entry. The reversal of a
-- side of a transfer also needs the other owner's account, which has to be locked in order.
CREATE FUNCTION ledger_post(owner text, app text, client text, item ledger_item) RETURNS ledger_entry LANGUAGE plpgsql AS $$
DECLARE
    account ledger_account;
    entry ledger_entry;
BEGIN
    IF item.reverses IS NOT NULL AND EXISTS (
        SELECT FROM ledger_entry AS e WHERE e.id = item.reverses AND e.owner_id = owner AND e.transfer IS NOT NULL
    ) THEN
        PERFORM FROM ledger_post_items(app, client, NULL, jsonb_build_array(to_jsonb(item) || jsonb_build_object('owner_id', owner)));
        SELECT * INTO entry FROM ledger_entry AS e WHERE e.nonce = item.nonce AND e.owner_id = owner;
        RETURN entry;
    END IF;
    SELECT * INTO account FROM ledger_account AS a WHERE a.owner_id = owner FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO ledger_account (owner_id, created_on, updated_on)
        VALUES (owner, statement_timestamp(), statement_timestamp())
        ON CONFLICT (owner_id) DO NOTHING;  -- waits for another first post of the owner
        SELECT * INTO account FROM ledger_account AS a WHERE a.owner_id = owner FOR NO KEY UPDATE;
    END IF;
    IF account.held > 0 OR account.lots > 0 THEN
        account := ledger_expire(account);
    END IF;
    entry := ledger_append(app, client, NULL, item, account);
    IF entry.drawn IS NOT NULL OR entry.priority IS NOT NULL THEN
        account.lots := account.lots + ledger_growth_of_lots(entry);
    END IF;
    UPDATE ledger_account AS a
    SET
        balance = entry.balance_after, held = entry.held_after, lots = account.lots, seq = entry.seq, head = entry.hash,
        updated_on = entry.created_on
    WHERE a.owner_id = owner;
    INSERT INTO ledger_entry VALUES (entry.*);
    IF entry.held > 0 THEN
        INSERT INTO ledger_open_units (entry_id, owner_id, remaining, expires_on)
        VALUES (entry.id, owner, entry.amount, entry.expires_on);
    END IF;
    IF account.lots > 0 AND (entry.hold IS NOT NULL OR entry.reverses IS NOT NULL) THEN
        PERFORM ledger_expire_of(owner);  -- what the entry gave back to a lot that has expired
    END IF;
    RETURN entry;
END
$$;

-- Ends at most `most` expired holds and lots of an owner. Returns how many it has ended.
CREATE FUNCTION ledger_expire_of(owner text, most bigint DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    account ledger_account;
    expired ledger_account;
BEGIN
    SELECT * INTO account FROM ledger_account AS a WHERE a.owner_id = owner FOR NO KEY UPDATE;
    expired := ledger_expire(account, most);
    UPDATE ledger_account AS a
    SET
        balance = expired.balance, held = expired.held, lots = expired.lots, seq = expired.seq, head = expired.head,
        updated_on = expired.updated_on
    WHERE a.owner_id = owner AND expired.seq > account.seq;
    RETURN coalesce(expired.seq - account.seq, 0);
END
$$;

-- Creates and locks the accounts that the items are about, in the order of owners, so that two batches cannot deadlock.
-- Returns the owners in this order. Reversals of a transfer are also about the other owner.
CREATE FUNCTION ledger_lock_accounts(items jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    owners text[] := ARRAY(
        SELECT DISTINCT owner COLLATE "C"
        FROM jsonb_array_elements(items) AS item
        LEFT JOIN LATERAL (
            SELECT e.counterparty FROM ledger_entry AS e
            WHERE e.id = (item ->> 'reverses')::bigint AND e.owner_id = item ->> 'owner_id' LIMIT 1
        ) AS reversed ON TRUE
        CROSS JOIN LATERAL (VALUES (item ->> 'owner_id'), (item ->> 'counterparty'), (reversed.counterparty)) AS o (owner)
        WHERE owner IS NOT NULL
        ORDER BY 1
    );
BEGIN
    INSERT INTO ledger_account (owner_id, created_on, updated_on)
    SELECT owner, statement_timestamp(), statement_timestamp() FROM unnest(owners) AS owner
    ON CONFLICT (owner_id) DO NOTHING;
    PERFORM FROM ledger_account AS a WHERE a.owner_id = ANY(owners) ORDER BY a.owner_id FOR NO KEY UPDATE;
    RETURN owners;
END
$$;

-- Posts items for any owners in their order, all or none, and returns the entries. A transfer is two entries, and so is its
-- reversal: each has the other's id and owner. The other owner's entry has a nonce that no client can know, because the nonce
-- of the request is the first owner's.
CREATE FUNCTION ledger_post_items(app text, client text, batch bigint, items jsonb)
RETURNS SETOF ledger_entry LANGUAGE plpgsql AS $$
DECLARE
    owners text[] := ledger_lock_accounts(items);
    places jsonb := (SELECT jsonb_object_agg(owner, place) FROM unnest(owners) WITH ORDINALITY AS o (owner, place));
    accounts ledger_account[] := ARRAY(SELECT a FROM ledger_account AS a WHERE a.owner_id = ANY(owners) ORDER BY a.owner_id);
    value jsonb;
    item ledger_item;
    place integer;
    account ledger_account;
    entry ledger_entry;
    entries ledger_entry[];
    reversed ledger_entry;
BEGIN
    FOR place IN SELECT p FROM generate_subscripts(accounts, 1) AS p WHERE (accounts[p]).held > 0 OR (accounts[p]).lots > 0 LOOP
        accounts[place] := ledger_expire(accounts[place]);
    END LOOP;
    FOR value IN SELECT i.value FROM jsonb_array_elements(items) WITH ORDINALITY AS i (value, position) ORDER BY position LOOP
        item := jsonb_populate_record(NULL::ledger_item, value);
        IF item.reverses IS NOT NULL THEN
            SELECT * INTO reversed FROM ledger_entry AS e WHERE e.id = item.reverses AND e.owner_id = value ->> 'owner_id';
            IF places ? reversed.counterparty THEN  -- otherwise its account is not locked, and ledger_reverse rejects it
                item.counterparty := reversed.counterparty;
            END IF;
        END IF;
        IF item.counterparty IS NOT NULL THEN
            item.id := nextval('ledger_entry_id_seq');
            item.transfer := nextval('ledger_entry_id_seq');
        END IF;
        place := (places ->> (value ->> 'owner_id'))::integer;
        account := accounts[place];
        entry := ledger_append(app, client, batch, item, account);
        account := ledger_after(account, entry);
        IF account.lots > 0 AND entry.reverses IS NOT NULL THEN
            account := ledger_expire(account);  -- what the entry gave back to a lot that has expired
        END IF;
        accounts[place] := account;
        IF entry.reverses IS NOT NULL AND entry.drawn IS NOT NULL THEN
            INSERT INTO ledger_entry VALUES (entry.*);  -- so that the next refund sees what this one gave back
            RETURN NEXT entry;
        ELSE
            entries := entries || entry;
        END IF;
        IF item.counterparty IS NOT NULL THEN
            place := (places ->> item.counterparty)::integer;
            account := accounts[place];
            item.id := entry.transfer;
            item.transfer := entry.id;
            item.counterparty := entry.owner_id;
            item.delta := -item.delta;
            item.nonce := gen_random_uuid()::text;
            item.claim := NULL;
            item.reverses := CASE WHEN item.reverses IS NOT NULL THEN reversed.transfer END;
            entry := ledger_append(app, client, batch, item, account);
            accounts[place] := ledger_after(account, entry);
            entries := entries || entry;
        END IF;
    END LOOP;

    UPDATE ledger_account AS a
    SET
        balance = newest.balance, held = newest.held, lots = newest.lots, seq = newest.seq, head = newest.head,
        updated_on = newest.updated_on
    FROM unnest(accounts) AS newest
    WHERE a.owner_id = newest.owner_id;
    RETURN QUERY INSERT INTO ledger_entry SELECT * FROM unnest(entries) RETURNING *;
END
$$;

-- Posts the items of a batch. Its number is taken from the sequence of entries' ids, so no entry has it as its id.
CREATE FUNCTION ledger_post_batch(app text, client text, items jsonb) RETURNS SETOF ledger_entry LANGUAGE sql
RETURN ledger_post_items(app, client, nextval('ledger_entry_id_seq'), items);

-- The result of trying an item. `entry` is the entry that the item would become, and `other` the other side of a transfer; if
-- `earlier` is true, they are what an earlier item with its nonce became. A rejected item has no entry, but `rejected_by`:
-- the name of the constraint, or the SQLSTATE if a type rejected it. It also has what the caller needs to know. `payer` is
-- the owner whose balance the item would lower, with `balance`, `held`, the credits that holds reserve, and `expiring`, those
-- of the others that expire. `claimed_on` is
-- when the owner last took the claim. Of the entry to draw on, `amount` has its units, `remaining` the units that are left,
-- and `moved` the credits that one unit moved or reserved. `ended_by` is the operation that ended the hold to draw on.
CREATE TYPE ledger_outcome AS (
    entry ledger_entry,
    other ledger_entry,
    earlier boolean,
    rejected_by text,
    payer text,
    balance bigint,
    held bigint,
    expiring bigint,
    claimed_on timestamptz,
    amount bigint,
    remaining bigint,
    moved bigint,
    ended_by text
);

-- Returns the credits of an account that holds reserve, without the holds that have expired by `moment`. Those that had
-- expired before the account's newest entry have ended: see ledger_expire.
CREATE FUNCTION ledger_held(account ledger_account, moment timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN account.held - (
    SELECT coalesce(sum(o.remaining * (e.held / e.amount)), 0)
    FROM ledger_open_units AS o JOIN ledger_entry AS e ON e.id = o.entry_id AND e.owner_id = o.owner_id
    WHERE o.owner_id = account.owner_id AND o.priority IS NULL AND o.expires_on <= greatest(account.updated_on, moment)
);

-- Returns the credits of an account in lots at `moment`, also in those that have expired. What holds that have expired give
-- back is in rows of its own, because no entry may say so yet.
CREATE FUNCTION ledger_lots(account ledger_account, moment timestamptz)
RETURNS TABLE (lot_id bigint, priority smallint, expires_on timestamptz, credits bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT o.entry_id, o.priority, o.expires_on, o.remaining FROM ledger_open_units AS o
    WHERE o.owner_id = account.owner_id AND o.priority IS NOT NULL AND o.expires_on IS NOT NULL
    UNION ALL
    SELECT d.lot_id, d.priority, d.expires_on, d.credits
    FROM ledger_open_units AS o CROSS JOIN LATERAL ledger_credits_of_lots(o.owner_id, o.entry_id, TRUE) AS d
    WHERE o.owner_id = account.owner_id AND o.priority IS NULL AND o.expires_on <= greatest(account.updated_on, moment);
END;

-- Returns the credits of an account in lots that have expired by `moment`. No entry says so yet.
CREATE FUNCTION ledger_lapsed(account ledger_account, moment timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(sum(lot.credits), 0) FROM ledger_lots(account, moment) AS lot
    WHERE lot.expires_on <= greatest(account.updated_on, moment)
)::bigint;

-- Returns which credits of an account expire next after `moment`, as a JSON object with `credits` and `expires_on`; NULL if
-- none do. Credits that are held are not counted.
CREATE FUNCTION ledger_next_expiry(account ledger_account, moment timestamptz) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT jsonb_build_object('credits', sum(lot.credits), 'expires_on', lot.expires_on)
    FROM ledger_lots(account, moment) AS lot
    WHERE lot.expires_on = (
        SELECT min(next.expires_on) FROM ledger_lots(account, moment) AS next
        WHERE next.expires_on > greatest(account.updated_on, moment)
    )
    GROUP BY lot.expires_on
);

-- Posts an item, and returns what became of it. An item that is rejected changes nothing.
CREATE FUNCTION ledger_try_item(app text, client text, value jsonb) RETURNS ledger_outcome LANGUAGE plpgsql AS $$
DECLARE
    owner text := value ->> 'owner_id';
    item ledger_item := jsonb_populate_record(NULL::ledger_item, value);
    outcome ledger_outcome;
    drawn ledger_entry;
    entry ledger_entry;
    account ledger_account;
    state text;
BEGIN
    SELECT * INTO drawn FROM ledger_entry AS e
    WHERE e.id = coalesce(item.reverses, item.hold) AND e.owner_id = owner AND e.app = ledger_try_item.app;
    BEGIN
        SELECT * INTO entry FROM ledger_entry AS e WHERE e.nonce = item.nonce AND e.owner_id = owner;
        outcome.earlier := FOUND;
        IF NOT FOUND AND item.counterparty IS NOT NULL THEN
            PERFORM FROM ledger_post_items(app, client, NULL, jsonb_build_array(value));
            SELECT * INTO entry FROM ledger_entry AS e WHERE e.nonce = item.nonce AND e.owner_id = owner;
        ELSIF NOT FOUND THEN
            entry := ledger_post(owner, app, client, item);
        END IF;
        outcome.entry := entry;
        IF entry.transfer IS NOT NULL THEN
            outcome.other := (
                SELECT e FROM ledger_entry AS e WHERE e.id = entry.transfer AND e.owner_id = entry.counterparty
            );
        END IF;
        RETURN outcome;
    EXCEPTION WHEN integrity_constraint_violation OR numeric_value_out_of_range THEN
        GET STACKED DIAGNOSTICS outcome.rejected_by = CONSTRAINT_NAME, state = RETURNED_SQLSTATE;
        outcome.rejected_by := coalesce(nullif(outcome.rejected_by, ''), state);
    END;
    outcome.payer := CASE WHEN drawn.delta < 0 AND drawn.counterparty IS NOT NULL THEN drawn.counterparty ELSE owner END;
    SELECT * INTO account FROM ledger_account AS a WHERE a.owner_id = outcome.payer;
    outcome.balance := account.balance - ledger_lapsed(account, statement_timestamp());
    outcome.held := ledger_held(account, statement_timestamp());
    SELECT coalesce(sum(lot.credits), 0) INTO outcome.expiring FROM ledger_lots(account, statement_timestamp()) AS lot
    WHERE lot.expires_on > greatest(account.updated_on, statement_timestamp());
    SELECT max(e.created_on) INTO outcome.claimed_on FROM ledger_entry AS e
    WHERE e.owner_id = owner AND e.claim IS NOT NULL AND e.app = ledger_try_item.app AND e.operation = item.operation;
    IF item.hold IS NOT NULL OR drawn.operation = item.reversed_operation AND drawn.held <= 0 THEN
        SELECT coalesce(max(o.remaining), drawn.amount), CASE WHEN max(o.expires_on) <= statement_timestamp() THEN 'HOLD_EXPIRY' END
        INTO outcome.remaining, outcome.ended_by
        FROM ledger_open_units AS o WHERE o.entry_id = drawn.id AND o.owner_id = owner;
        outcome.amount := drawn.amount;
        outcome.moved := CASE WHEN item.hold IS NULL THEN drawn.delta ELSE drawn.held END / drawn.amount;
    END IF;
    IF outcome.remaining = 0 AND item.hold IS NOT NULL THEN
        SELECT e.operation INTO outcome.ended_by FROM ledger_entry AS e
        WHERE e.owner_id = owner AND e.hold = item.hold ORDER BY e.seq DESC LIMIT 1;
    END IF;
    RETURN outcome;
END
$$;

-- Tries items in turn, each after those that were accepted, and takes everything back. Returns what became of each.
CREATE FUNCTION ledger_try(app text, client text, items jsonb) RETURNS SETOF ledger_outcome LANGUAGE plpgsql AS $$
DECLARE
    value jsonb;
    outcomes ledger_outcome[];
BEGIN
    BEGIN
        PERFORM ledger_lock_accounts(items);
        FOR value IN SELECT i.value FROM jsonb_array_elements(items) WITH ORDINALITY AS i (value, position) ORDER BY position LOOP
            outcomes := outcomes || ledger_try_item(app, client, value);
        END LOOP;
        RAISE EXCEPTION 'taken back' USING ERRCODE = 'LR000';  -- to the handler below. Variables keep their values.
    EXCEPTION WHEN SQLSTATE 'LR000' THEN
        RETURN QUERY SELECT * FROM unnest(outcomes);
    END;
END
$$;
