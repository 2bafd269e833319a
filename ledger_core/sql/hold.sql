-- Reads a hold of an app: how many units of it are left, how many were captured, what drew on it last, and whether it has
-- expired, even if no entry says so yet. It only reads, in one statement, so what it returns was true at one moment.
SELECT open_.left_, drawn.captured, drawn.last, open_.expired, {entry}
FROM (SELECT * FROM ledger_entry WHERE id = %(id)s AND app = %(app)s AND held > 0) AS entry
CROSS JOIN LATERAL (
    SELECT o.remaining AS left_, coalesce(o.expires_on <= statement_timestamp(), FALSE) AS expired
    FROM ledger_open_units AS o WHERE o.entry_id = entry.id AND o.owner_id = entry.owner_id
) AS open_
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(d.amount) FILTER (WHERE d.operation = entry.operation), 0)::bigint AS captured,
        (array_agg(d.operation ORDER BY d.seq DESC))[1] AS last
    FROM ledger_entry AS d WHERE d.owner_id = entry.owner_id AND d.hold = entry.id
) AS drawn
