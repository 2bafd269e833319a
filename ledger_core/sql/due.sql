-- Finds owners with holds or lots that have expired, after the owner `last`. It only reads; ledger_expire_of looks again, under
-- the lock. An index has this expression.
SELECT DISTINCT owner_id FROM ledger_open_units
WHERE expires_on AT TIME ZONE 'UTC' <= statement_timestamp() AT TIME ZONE 'UTC' AND owner_id > %(last)s
ORDER BY owner_id LIMIT 1000
