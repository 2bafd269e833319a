-- Reads a page of an owner's open holds of an app, or of all, newest first, below the id `before`. The columns are those of hold.sql. An
-- index has the open holds of an owner, so holds that have ended cost nothing. It only reads.
SELECT o.remaining, drawn.captured, NULL::text, FALSE, {entry}
FROM (
    SELECT o.remaining, o.entry_id FROM ledger_open_units AS o
    WHERE o.owner_id = %(owner_id)s AND o.priority IS NULL AND o.expires_on > statement_timestamp()
    AND (o.entry_id < %(before)s OR %(before)s::bigint IS NULL)
) AS o
CROSS JOIN LATERAL (
    SELECT * FROM ledger_entry AS e WHERE e.id = o.entry_id AND e.owner_id = %(owner_id)s 
    AND (e.app = %(app)s OR %(app)s::text IS NULL)
) AS entry
CROSS JOIN LATERAL (
    SELECT coalesce(sum(d.amount), 0)::bigint AS captured
    FROM ledger_entry AS d WHERE d.owner_id = %(owner_id)s AND d.hold = o.entry_id
) AS drawn
ORDER BY entry.id DESC
LIMIT %(limit)s
