-- Reads an owner's balance without credits that have expired, the credits of it that holds reserve, and which credits expire
-- next. It reads one row, and only for an owner with holds or lots also the open ones. It needs no lock.
SELECT
    owner_id,
    balance - CASE WHEN held > 0 OR lots > 0 THEN ledger_lapsed(a, statement_timestamp()) ELSE 0 END,
    CASE WHEN held > 0 THEN ledger_held(a, statement_timestamp()) ELSE 0 END,
    seq, updated_on, next.credits, next.expires_on
FROM ledger_account AS a
LEFT JOIN LATERAL (
    SELECT o.expires_on, sum(o.remaining)::bigint AS credits FROM ledger_open_units AS o
    WHERE a.lots > 0 AND o.owner_id = a.owner_id AND o.priority IS NOT NULL
    AND o.expires_on > greatest(a.updated_on, statement_timestamp())
    GROUP BY o.expires_on ORDER BY o.expires_on LIMIT 1
) AS next ON TRUE
WHERE a.owner_id = %(owner_id)s
