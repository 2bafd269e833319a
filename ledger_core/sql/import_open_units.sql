-- Sets how many units are left of the entries that these owners' imported entries reverse, of their holds and of lots. It computes
-- them from the entries, so it can be repeated; the import holds the accounts' locks, so nothing draws on them meanwhile.
-- The constraint ledger_open_units_remaining_not_negative rejects more units than the entry has.
INSERT INTO ledger_open_units (entry_id, owner_id, remaining, expires_on, priority)
SELECT id, owner_id, remaining, CASE WHEN remaining > 0 THEN expires_on END, priority
FROM (
    SELECT reversed.id, reversed.owner_id, reversed.amount - sum(reversal.amount) AS remaining, NULL::timestamptz AS expires_on,
        NULL::smallint AS priority
    FROM ledger_entry AS reversal
    JOIN ledger_entry AS reversed ON reversed.id = reversal.reverses AND reversed.owner_id = reversal.owner_id
    WHERE reversal.owner_id = ANY(%(owners)s) AND reversal.reverses IS NOT NULL AND reversal.operation <> 'CREDIT_EXPIRY'
    GROUP BY reversed.id, reversed.owner_id, reversed.amount
    UNION ALL
    SELECT
        hold.id, hold.owner_id, (hold.held + coalesce(sum(drawn.held), 0)) / nullif(hold.held / hold.amount, 0),
        hold.expires_on, NULL
    FROM ledger_entry AS hold
    LEFT JOIN ledger_entry AS drawn ON drawn.owner_id = hold.owner_id AND drawn.hold = hold.id
    WHERE hold.owner_id = ANY(%(owners)s) AND hold.held > 0
    GROUP BY hold.id, hold.owner_id, hold.held, hold.amount, hold.expires_on
    UNION ALL
    SELECT lot.id, lot.owner_id, ledger_value_of_lot(lot) - coalesce((
        SELECT sum(d.taken) FROM ledger_entry AS e CROSS JOIN ledger_drawn(e.drawn) AS d
        WHERE e.owner_id = lot.owner_id AND e.drawn IS NOT NULL AND d.lot_id = lot.id
    ), 0), lot.expires_on, lot.priority
    FROM ledger_entry AS lot
    WHERE lot.owner_id = ANY(%(owners)s) AND lot.expires_on IS NOT NULL AND lot.priority IS NOT NULL
) AS units
ON CONFLICT (entry_id, owner_id) DO UPDATE SET remaining = excluded.remaining, expires_on = excluded.expires_on
