-- Reads an owner's balance at a moment, and the credits of it that holds reserved, from the last entry at or before the
-- moment. Without such an entry, it returns NULLs. `unclear` is 1 if the next entry is later than the clock, otherwise 0: it
-- is then not known whether that entry was posted before the moment. It only reads, and entries never change.
WITH last AS MATERIALIZED (  -- so that the function is called once
    SELECT ledger_seq_before(%(owner_id)s, %(moment)s::timestamptz + interval '1 microsecond') AS seq
)
SELECT
    entry.owner_id,
    -- Without what lots that have expired by then had left, or would get back from holds that have expired by then.
    entry.balance_after - (
        WITH lot AS (
            SELECT lot.id, ledger_value_of_lot(lot) AS credits FROM ledger_entry AS lot
            WHERE lot.owner_id = entry.owner_id AND lot.expires_on <= %(moment)s::timestamptz AND lot.priority IS NOT NULL
            AND lot.seq <= entry.seq
        )
        SELECT coalesce((SELECT sum(credits) FROM lot) - coalesce((
            SELECT sum(CASE WHEN hold.id IS NULL THEN d.taken ELSE d.spent END)
            FROM ledger_entry AS e
            CROSS JOIN ledger_drawn(e.drawn) AS d
            LEFT JOIN ledger_entry AS hold ON hold.id = coalesce(e.hold, e.id) AND hold.owner_id = e.owner_id
            AND hold.held > 0 AND hold.expires_on <= %(moment)s::timestamptz
            WHERE e.owner_id = entry.owner_id AND e.drawn IS NOT NULL AND e.seq <= entry.seq
            AND d.lot_id IN (SELECT id FROM lot)
        ), 0), 0)
    )::bigint,
    -- Without the holds that had expired since the entry. Those that expired before it had ended: see ledger_expire.
    CASE WHEN entry.held_after > 0 THEN entry.held_after - (
        SELECT coalesce(sum(hold.held + drawn.held), 0)
        FROM ledger_entry AS hold
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(d.held), 0) AS held FROM ledger_entry AS d
            WHERE d.owner_id = hold.owner_id AND d.hold = hold.id AND d.seq <= entry.seq
        ) AS drawn
        WHERE hold.owner_id = entry.owner_id AND hold.held > 0 AND hold.seq <= entry.seq
        AND hold.expires_on > entry.created_on AND hold.expires_on <= %(moment)s::timestamptz
    ) ELSE 0 END::bigint,
    entry.seq, entry.created_on,
    (
        SELECT count(*) FROM ledger_entry AS next
        WHERE next.owner_id = %(owner_id)s AND next.seq = last.seq + 1 AND next.created_on > statement_timestamp()
    ) AS unclear
FROM last LEFT JOIN ledger_entry AS entry ON entry.owner_id = %(owner_id)s AND entry.seq = last.seq
