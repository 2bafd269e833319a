-- Reads a page of an owner's entries, in the order of their sequence numbers or the opposite one, with the limits of these
-- numbers between which the page can be: above `low`, up to `high`. A limit or a filter that is NULL does not apply. Returns
-- one row without an entry if none is found, and no row for an owner without an account. It only reads.
--
-- It searches at most 10,000 entries, so that a page is fast even if the owner has millions of entries, and few of the app
-- or the operation. Limits of time become limits of the sequence number, found once, so reading begins at the page's first
-- entry, however old it is.
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
    WHERE owner_id = %(owner_id)s
    AND seq > CASE '{order}' WHEN 'DESC' THEN greatest(bounds.low, bounds.high - 10000) ELSE bounds.low END
    AND seq <= CASE '{order}' WHEN 'ASC' THEN least(bounds.high, bounds.low + 10000) ELSE bounds.high END
    AND (app = %(app)s OR %(app)s::text IS NULL)
    AND (operation = %(operation)s OR %(operation)s::text IS NULL)
    AND (metadata @> %(metadata)s::jsonb OR %(metadata)s::jsonb IS NULL)
    ORDER BY seq {order}
    LIMIT %(limit)s
) AS entry ON TRUE
