-- Finds owners with holds or lots that have expired, after the owner `last`. It only reads; ledger_expire_of looks again, under
-- the lock.
SELECT DISTINCT owner_id FROM ledger_open_units
WHERE expires_on <= statement_timestamp() AND owner_id > %(last)s
ORDER BY owner_id LIMIT 1000
