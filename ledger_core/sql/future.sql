-- Lists the owners who have entries more than a minute later than the database's clock: the sequence number of the first
-- such entry, the number of them, and the time of the newest. It only reads: one row for each account, and the few entries
-- that a binary search needs, since an owner's times never decrease.
WITH clock AS (SELECT statement_timestamp() + interval '1 minute' AS moment)
SELECT owner_id, past + 1, seq - past, updated_on
FROM clock CROSS JOIN ledger_account CROSS JOIN LATERAL (SELECT ledger_seq_before(owner_id, moment) AS past) AS before
WHERE updated_on > moment AND seq > past AND (owner_id = %(owner)s OR %(owner)s::text IS NULL)
ORDER BY owner_id
