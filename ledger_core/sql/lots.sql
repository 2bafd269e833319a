-- Reads a page of an owner's open lots in the order of their use, with the credits that are left of each. It starts after the
-- lot `after`, which may have been used up since. It only reads, and an index has the open lots in this order.
SELECT o.left_, {entry}
FROM (
    SELECT o.remaining AS left_, o.entry_id AS lot FROM ledger_open_units AS o
    WHERE o.owner_id = %(owner_id)s AND o.priority IS NOT NULL AND o.expires_on > statement_timestamp()
    AND (
        %(after)s::bigint IS NULL OR (o.priority, o.expires_on, o.entry_id) > (
            SELECT e.priority, e.expires_on, e.id FROM ledger_entry AS e
            WHERE e.id = %(after)s AND e.owner_id = %(owner_id)s AND e.priority IS NOT NULL
        )
    )
    ORDER BY o.priority, o.expires_on, o.entry_id
    LIMIT %(limit)s
) AS o
CROSS JOIN LATERAL (SELECT * FROM ledger_entry AS e WHERE e.id = o.lot AND e.owner_id = %(owner_id)s) AS entry
ORDER BY entry.priority, entry.expires_on, entry.id
