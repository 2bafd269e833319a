-- Reads the same page as entries_newest_first.sql, but oldest first.
SELECT bounds.low, bounds.high, {entry}
FROM (
    SELECT
        greatest(  -- ignores NULLs, as least does
            0,
            %(after)s::bigint,
            CASE WHEN %(since)s::timestamptz IS NOT NULL THEN ledger_seq_before(owner_id, %(since)s) END
        ) AS low,
        least(
            seq,
            %(before)s::bigint - 1,
            CASE WHEN %(until)s::timestamptz IS NOT NULL THEN ledger_seq_before(owner_id, %(until)s) END
        ) AS high
    FROM ledger_account
    WHERE owner_id = %(owner_id)s
) AS bounds
LEFT JOIN LATERAL (
    SELECT * FROM ledger_entry
    WHERE owner_id = %(owner_id)s AND seq > bounds.low AND seq <= least(bounds.high, bounds.low + 10000)
    AND (app = %(app)s OR %(app)s::text IS NULL)
    AND (operation = %(operation)s OR %(operation)s::text IS NULL)
    AND (metadata @> %(metadata)s::jsonb OR %(metadata)s::jsonb IS NULL)
    ORDER BY seq
    LIMIT %(limit)s
) AS entry ON TRUE
