-- Lists what is wrong with the entries and accounts of the owners at or after %(first)s and before %(stop)s: owner, sequence
-- number and description. It only reads, and one statement sees one moment, so it can run while entries are posted. Each
-- entry is compared with the one before it, and the newest with the account. So if no entry is wrong, the history is right.
WITH entry AS (
    SELECT
        e.*,
        e AS whole,
        lag(seq) OVER own AS previous_seq,
        lag(balance_after) OVER own AS previous_balance,
        lag(held_after) OVER own AS previous_held,
        lag(created_on) OVER own AS previous_created_on,
        lag(hash) OVER own AS previous_hash
    FROM ledger_entry AS e
    WHERE e.owner_id >= %(first)s AND (%(stop)s::text IS NULL OR e.owner_id < %(stop)s)
    AND e.created_on >= coalesce(%(since)s::timestamptz, '-infinity')
    WINDOW own AS (PARTITION BY e.owner_id ORDER BY e.seq)
), pair AS (
    SELECT
        e.*,
        coalesce(previous_seq, earlier.seq, 0) AS seq_before,
        coalesce(previous_balance, earlier.balance_after, 0) AS balance_before,
        coalesce(previous_held, earlier.held_after, 0) AS held_before,
        coalesce(previous_created_on, earlier.created_on, '-infinity') AS time_before,
        coalesce(previous_hash, earlier.hash, '') AS hash_before
    FROM entry AS e
    -- The entry before the first one that is checked.
    LEFT JOIN LATERAL (
        SELECT * FROM ledger_entry AS p
        WHERE e.previous_seq IS NULL AND p.owner_id = e.owner_id AND p.seq = e.seq - 1
        LIMIT 1
    ) AS earlier ON TRUE
), checked AS (
    SELECT
        pair.*,
        pair.seq <> seq_before + 1 AS wrong_seq,
        pair.created_on < time_before OR NOT isfinite(pair.created_on) AS wrong_time,
        balance_after <> balance_before::numeric + delta OR balance_after < held_after AS wrong_balance,
        held_after <> held_before::numeric + pair.held OR held_after < 0 AS wrong_held,
        amount < 1 OR delta %% greatest(amount, 1) <> 0 AS wrong_delta,
        form <> 1 AS wrong_form,
        CASE
            WHEN pair.hold IS NOT NULL THEN NOT EXISTS (
                SELECT FROM ledger_entry AS h
                WHERE h.id = pair.hold AND h.owner_id = pair.owner_id AND h.app = pair.app AND h.seq < pair.seq AND h.held > 0
                AND pair.delta IN (0, -pair.amount * (h.held / h.amount))
            )
            WHEN pair.held > 0 THEN pair.held %% greatest(amount, 1) <> 0 OR expires_on IS NULL OR delta <> 0
            ELSE pair.held < 0
        END AS wrong_hold,
        hash <> ledger_entry_hash(hash_before, whole) AS wrong_hash,
        transfer IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_entry AS other
            WHERE other.id = pair.transfer AND other.owner_id = pair.counterparty AND other.transfer = pair.id
            AND other.counterparty = pair.owner_id AND other.delta = -pair.delta
        ) AS wrong_transfer,
        seq_before = 0 AND a.owner_id IS NULL AS without_account,
        pair.seq = 1 AND a.created_on <> pair.created_on AS wrong_beginning
    FROM pair LEFT JOIN ledger_account AS a ON seq_before = 0 AND a.owner_id = pair.owner_id
), drawn AS (
    SELECT owner_id, reverses AS entry_id, sum(amount) AS units, min(seq) AS first_seq
    FROM ledger_entry
    WHERE reverses IS NOT NULL AND operation <> 'CREDIT_EXPIRY'
    AND owner_id >= %(first)s AND (%(stop)s::text IS NULL OR owner_id < %(stop)s)
    GROUP BY owner_id, reverses
    UNION ALL
    -- Holds, with the units whose credits were given back.
    SELECT hold.owner_id, hold.id, -coalesce(sum(d.held), 0) / nullif(hold.held / greatest(hold.amount, 1), 0), hold.seq
    FROM ledger_entry AS hold LEFT JOIN ledger_entry AS d ON d.owner_id = hold.owner_id AND d.hold = hold.id
    WHERE hold.held > 0
    AND hold.owner_id >= %(first)s AND (%(stop)s::text IS NULL OR hold.owner_id < %(stop)s)
    GROUP BY hold.owner_id, hold.id, hold.held, hold.amount, hold.seq
), open_ AS (
    SELECT * FROM ledger_open_units
    WHERE owner_id >= %(first)s AND (%(stop)s::text IS NULL OR owner_id < %(stop)s)
), expiring AS (
    SELECT owner_id, sum(remaining) AS credits FROM open_ WHERE priority IS NOT NULL GROUP BY owner_id
), units AS (
    SELECT owner_id, entry_id, units, first_seq, remaining, expires_on
    FROM drawn FULL JOIN (SELECT * FROM open_ WHERE priority IS NULL) AS o USING (owner_id, entry_id)
), growing AS (
    -- Entries of owners with lots, with the credits of lots before each. Before each, nothing of a lot is left that has expired.
    SELECT *, coalesce(sum(growth) OVER (
        PARTITION BY owner_id ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS lots_before
    FROM (
        SELECT e.*, ledger_growth_of_lots(e) AS growth, ledger_value_of_lot(e) AS value_ FROM ledger_entry AS e
        WHERE e.owner_id IN (
            SELECT owner_id FROM ledger_entry WHERE (expires_on IS NOT NULL AND priority IS NOT NULL OR drawn IS NOT NULL)
            AND owner_id >= %(first)s AND (%(stop)s::text IS NULL OR owner_id < %(stop)s)
        )
    ) AS e
), draw AS (
    SELECT g.owner_id, g.seq, d.* FROM growing AS g CROSS JOIN ledger_drawn(g.drawn) AS d
), lot AS (
    SELECT
        owner_id, entry_id, g.seq, g.value_, g.value_ - coalesce(drawn.credits, 0) AS left_, o.remaining,
        o.expires_on IS NOT DISTINCT FROM CASE WHEN o.remaining > 0 THEN g.expires_on END AND o.priority = g.priority AS right_end
    FROM (SELECT *, id AS entry_id FROM growing WHERE priority IS NOT NULL) AS g
    FULL JOIN (SELECT * FROM open_ WHERE priority IS NOT NULL) AS o USING (owner_id, entry_id)
    FULL JOIN (
        SELECT owner_id, lot_id AS entry_id, sum(taken) AS credits FROM draw GROUP BY owner_id, lot_id
    ) AS drawn USING (owner_id, entry_id)
), drawing AS (
    -- What entries take from lots, and what they should take: their own credits, as far as there are any in lots.
    SELECT
        g.owner_id, g.seq, coalesce(sum(d.taken), 0) AS taken, coalesce(sum(d.spent), 0) AS spent,
        CASE
            WHEN g.operation = 'CREDIT_EXPIRY' THEN -g.delta
            WHEN g.priority IS NOT NULL AND g.reverses IS NULL OR g.transfer IS NOT NULL THEN 0
            WHEN g.hold IS NULL AND (g.reverses IS NULL OR g.delta < 0) THEN least(greatest(g.held, -g.delta, 0), g.lots_before)
        END AS expected,
        CASE WHEN g.held > 0 THEN 0 ELSE greatest(-g.delta, 0) END AS most
    FROM growing AS g LEFT JOIN draw AS d ON d.owner_id = g.owner_id AND d.seq = g.seq
    GROUP BY g.owner_id, g.seq, g.operation, g.delta, g.priority, g.reverses, g.transfer, g.hold, g.held, g.lots_before
)
SELECT owner_id, seq, fault
FROM checked CROSS JOIN LATERAL (VALUES
    (wrong_seq, format('sequence: the sequence number before it is %%s', seq_before)),
    (wrong_time, format('time: it is %%s, and that of the entry before it %%s', created_on, time_before)),
    (
        wrong_balance,
        format('balance: %%s before the entry, %%s after it, and a delta of %%s', balance_before, balance_after, delta)
    ),
    (wrong_held, format('held: %%s before the entry, %%s after it, and a change of %%s', held_before, held_after, held)),
    (wrong_delta, format('delta: %%s credits are not a multiple of %%s units', delta, amount)),
    (wrong_form, format('form: the canonical form %%s is unknown', form)),
    (wrong_hold, 'hold: it is neither a possible hold nor draws on one'),
    (wrong_transfer, format('transfer: the other side, entry %%s, is not the opposite of it', transfer)),
    (wrong_hash, 'hash: it does not match this entry and the hash before it'),
    (without_account, 'account: the owner has entries, but no account'),
    (wrong_beginning, 'account: the time of its first entry is not the time of that entry')
) AS check_(failed, fault)
WHERE (
    wrong_seq OR wrong_time OR wrong_balance OR wrong_held OR wrong_delta OR wrong_form OR wrong_hold OR wrong_transfer
    OR wrong_hash OR without_account OR wrong_beginning
) AND failed
UNION ALL
SELECT a.owner_id, a.seq, fault
FROM ledger_account AS a
LEFT JOIN LATERAL (
    SELECT seq, balance_after, held_after, created_on, hash FROM ledger_entry AS e WHERE e.owner_id = a.owner_id
    ORDER BY seq DESC LIMIT 1
) AS newest ON TRUE
LEFT JOIN expiring ON expiring.owner_id = a.owner_id
CROSS JOIN LATERAL (VALUES
    (
        newest.seq IS DISTINCT FROM a.seq,
        format('account: it counts %%s entries, but the newest one is #%%s', a.seq, coalesce(newest.seq, 0))
    ),
    (
        newest.balance_after IS DISTINCT FROM a.balance,
        format('account: its balance is %%s, but %%s after its newest entry', a.balance, coalesce(newest.balance_after, 0))
    ),
    (
        newest.held_after IS DISTINCT FROM a.held,
        format('account: %%s credits are held, but %%s after its newest entry', a.held, coalesce(newest.held_after, 0))
    ),
    (
        coalesce(expiring.credits, 0) <> a.lots,
        format('account: %%s of its credits expire, but %%s of its lots', a.lots, coalesce(expiring.credits, 0))
    ),
    (newest.hash IS DISTINCT FROM a.head, 'account: its head is not the hash of its newest entry'),
    (newest.created_on IS DISTINCT FROM a.updated_on, 'account: its time is not the time of its newest entry')
) AS check_(failed, fault)
WHERE a.owner_id >= %(first)s AND (%(stop)s::text IS NULL OR a.owner_id < %(stop)s)
AND a.updated_on >= coalesce(%(since)s::timestamptz, '-infinity') AND failed
UNION ALL
SELECT
    u.owner_id, coalesce(e.seq, first_seq),
    CASE
        WHEN e.id IS NULL THEN format('reversal: the reversed entry %%s does not exist', entry_id)
        WHEN units > e.amount THEN format('reversal: %%s of its %%s units are reversed', units, e.amount)
        WHEN e.held > 0 THEN format(
            'hold: %%s of its %%s units have ended, but %%s are recorded as left, until %%s',
            round(units), e.amount, remaining, u.expires_on
        )
        ELSE format(
            'reversal: %%s of its %%s units are reversed, but %%s are recorded as left',
            coalesce(units, 0), e.amount, coalesce(remaining, e.amount)
        )
    END
FROM units AS u LEFT JOIN ledger_entry AS e ON e.id = entry_id AND e.owner_id = u.owner_id
WHERE (
    e.amount - units = remaining AND remaining >= 0
    AND (e.held <= 0 OR u.expires_on IS NOT DISTINCT FROM CASE WHEN remaining > 0 THEN e.expires_on END)
) IS NOT TRUE
UNION ALL
SELECT
    owner_id,
    coalesce(seq, (SELECT e.seq FROM ledger_entry AS e WHERE e.id = lot.entry_id AND e.owner_id = lot.owner_id), 0),
    format(
        'lot: entry %%s gives %%s credits that expire. By the entries, %%s are left, but %%s are recorded as left',
        entry_id, coalesce(value_, 0), coalesce(left_, 0), coalesce(remaining, 0)
    )
FROM lot
WHERE (left_ = remaining AND remaining >= 0 AND right_end) IS NOT TRUE
UNION ALL
SELECT
    owner_id, seq, CASE
        WHEN taken <> expected THEN format('lot: the entry takes %%s credits from lots, instead of %%s', taken, expected)
        ELSE format('lot: the entry spends %%s credits of lots, but takes only %%s', spent, most)
    END
FROM drawing
WHERE taken <> expected OR spent > most
