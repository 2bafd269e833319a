-- Yields the owners who have entries that are later than the database's clock, by more than a minute: the first of these
-- by its sequence number, how many they are, and the time of the newest. Reads one row for each account, and the few
-- entries that tell where the future begins: time runs with the sequence.
WITH clock AS (SELECT statement_timestamp() + interval '1 minute' AS moment)
SELECT owner_id, past + 1, seq - past, updated_on
FROM clock CROSS JOIN ledger_account CROSS JOIN LATERAL (SELECT ledger_seq_before(owner_id, moment) AS past) AS before
WHERE updated_on > moment AND seq > past AND (owner_id = %(owner)s OR %(owner)s::text IS NULL)
ORDER BY owner_id
