-- Settles the entries of a range of owners before `until`: which credits paid for what. Returns rows of four texts and two sums
-- of credits, of entries before `since` and from then on. The texts are the app and operation that gave the credits, and those
-- that took them; for credits that were given, the last two are NULL. Rows without the first two are the sums of an
-- operation's entries, to compare with. It only reads, and entries never change.
--
-- Credits of a lot: the entry that spends them says so. Other credits of an owner are spent in the order in which they were
-- given. They lie on a line, one entry after the other, and `spent` is how far the line is spent: a debit moves it forward, and
-- the entries that it passes have paid. A refund moves it back. So what an entry takes depends only on the entries before it.
WITH entry AS MATERIALIZED (
    SELECT
        e.owner_id, e.seq, e.created_on < %(since)s AS earlier, e.app, e.operation, e.delta, e.reverses, e.priority, e.drawn,
        CASE
            WHEN e.drawn IS NOT NULL THEN e.delta + (SELECT sum(d.spent) FROM ledger_drawn(e.drawn) AS d)
            WHEN e.priority IS NULL THEN e.delta
            ELSE 0
        END::bigint AS plain,
        CASE WHEN e.priority IS NULL THEN 0 ELSE ledger_value_of_lot(e) END AS expiring
    FROM ledger_entry AS e
    WHERE e.owner_id >= %(first)s AND (%(stop)s::text IS NULL OR e.owner_id < %(stop)s) AND e.created_on < %(until)s
), line AS (
    SELECT
        owner_id, seq, earlier, app, operation, plain, plain > 0 AND reverses IS NULL AS gives,
        CASE
            WHEN plain > 0 AND reverses IS NULL THEN sum(plain) FILTER (WHERE plain > 0 AND reverses IS NULL) OVER own
            ELSE -sum(plain) FILTER (WHERE plain < 0 OR reverses IS NOT NULL) OVER own
        END::bigint AS place
    FROM entry WHERE plain <> 0
    WINDOW own AS (PARTITION BY owner_id ORDER BY seq)
), numbered AS MATERIALIZED (
    -- The number of the entry that gave the credits at a place, among those that gave credits. At the end of one, it is this one.
    SELECT *, count(*) FILTER (WHERE gives) OVER (
        PARTITION BY owner_id ORDER BY place, gives ROWS UNBOUNDED PRECEDING
    ) + CASE WHEN gives THEN 0 ELSE 1 END AS number
    FROM line
), paid AS (
    SELECT given.app AS from_app, given.operation AS from_operation, taken.app, taken.operation, taken.earlier,
        CASE WHEN taken.plain < 0 THEN 1 ELSE -1 END * (
            least(given.place, greatest(taken.place, taken.place + taken.plain))
            - greatest(given.place - given.plain, least(taken.place, taken.place + taken.plain))
        ) AS credits
    FROM (
        SELECT *, lag(number, 1, 1::bigint) OVER (PARTITION BY owner_id ORDER BY seq) AS number_before
        FROM numbered WHERE NOT gives
    ) AS taken
    CROSS JOIN LATERAL generate_series(
        least(taken.number_before, taken.number), greatest(taken.number_before, taken.number)
    ) AS passed (number)
    JOIN numbered AS given ON given.gives AND given.owner_id = taken.owner_id AND given.number = passed.number
    UNION ALL
    -- But not what a refund gives itself, because the lot has expired: that stays spent.
    SELECT lot.app, lot.operation, e.app, e.operation, e.earlier, d.spent
    FROM entry AS e
    CROSS JOIN LATERAL ledger_drawn(e.drawn) AS d
    JOIN ledger_entry AS lot ON lot.id = d.lot_id AND lot.owner_id = e.owner_id
    WHERE e.drawn IS NOT NULL AND d.spent <> 0 AND (d.spent > 0 OR d.taken <> 0)
    UNION ALL
    SELECT app, operation, NULL, NULL, earlier, CASE WHEN reverses IS NULL THEN greatest(plain, 0) ELSE 0 END + expiring
    FROM entry
    UNION ALL
    SELECT NULL, NULL, app, operation, earlier, delta FROM entry
)
SELECT
    from_app, from_operation, app, operation,
    coalesce(sum(credits) FILTER (WHERE earlier), 0)::bigint, coalesce(sum(credits) FILTER (WHERE NOT earlier), 0)::bigint
FROM paid
GROUP BY from_app, from_operation, app, operation
