-- Reads a page of an app's entries over all owners, in the order of their times or the opposite one, between two entries,
-- each given by its time and its id. A filter that is NULL does not apply; nor does `unsettled`, by which the page ends before
-- the newest entries, because one that is still being written could have an earlier time. It only reads.
--
-- It reads a page of each operation by the index ledger_entry_of_app, and merges them, since an app has few operations. It
-- finds the operations by skipping through the index, so entries of removed operations are included. It is not prepared:
-- PostgreSQL chooses the index by the filters that are given.
WITH RECURSIVE code (code) AS (
    (SELECT operation FROM ledger_entry WHERE app = %(app)s ORDER BY operation LIMIT 1)
    UNION ALL
    SELECT (
        SELECT operation FROM ledger_entry AS e WHERE e.app = %(app)s AND e.operation > code.code
        ORDER BY operation LIMIT 1
    )
    FROM code WHERE code.code IS NOT NULL
)
SELECT {entry}
FROM code CROSS JOIN LATERAL (
    SELECT * FROM ledger_entry AS e
    WHERE e.app = %(app)s AND e.operation = code.code
    AND e.created_on >= coalesce(%(since)s::timestamptz, '-infinity')
    AND e.created_on < least(%(until)s::timestamptz, statement_timestamp() - %(unsettled)s::interval, 'infinity')
    -- The index has the times but no ids, so it needs these two conditions.
    AND e.created_on >= coalesce(%(after)s::timestamptz, '-infinity')
    AND e.created_on <= coalesce(%(before)s::timestamptz, 'infinity')
    AND (e.created_on, e.id) > (coalesce(%(after)s::timestamptz, '-infinity'), coalesce(%(after_id)s::bigint, 0))
    AND (e.created_on, e.id) < (coalesce(%(before)s::timestamptz, 'infinity'), coalesce(%(before_id)s::bigint, 0))
    AND (e.owner_id = %(owner_id)s OR %(owner_id)s::text IS NULL)
    AND (e.nonce = %(nonce)s OR %(nonce)s::text IS NULL)
    AND (e.reference = %(reference)s OR %(reference)s::text IS NULL)
    AND (e.metadata @> %(metadata)s::jsonb OR %(metadata)s::jsonb IS NULL)
    ORDER BY e.created_on {order}, e.id {order}
    LIMIT %(limit)s
) AS entry
WHERE code.code = %(operation)s OR %(operation)s::text IS NULL
ORDER BY created_on {order}, id {order}
LIMIT %(limit)s
