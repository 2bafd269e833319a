-- Reads a page of an owner's lots in the order of their use, with the credits that are left of each: those after the lot
-- `after`, which may have been used up since. With `lot`, it reads only this one. It only reads.
SELECT left_.credits, {entry}
FROM (
    SELECT lot.lot_id, sum(lot.credits)::bigint AS credits
    FROM ledger_account AS a CROSS JOIN LATERAL ledger_lots(a, statement_timestamp()) AS lot
    WHERE a.owner_id = %(owner_id)s AND lot.expires_on > greatest(a.updated_on, statement_timestamp())
    AND (%(lot)s::bigint IS NULL OR lot.lot_id = %(lot)s)
    AND (
        %(after)s::bigint IS NULL OR (lot.priority, lot.expires_on, lot.lot_id) > (
            SELECT e.priority, e.expires_on, e.id FROM ledger_entry AS e
            WHERE e.id = %(after)s AND e.owner_id = %(owner_id)s AND e.priority IS NOT NULL
        )
    )
    GROUP BY lot.priority, lot.expires_on, lot.lot_id
    ORDER BY lot.priority, lot.expires_on, lot.lot_id
    LIMIT %(limit)s
) AS left_
CROSS JOIN LATERAL (SELECT * FROM ledger_entry AS e WHERE e.id = left_.lot_id AND e.owner_id = %(owner_id)s) AS entry
ORDER BY entry.priority, entry.expires_on, entry.id
