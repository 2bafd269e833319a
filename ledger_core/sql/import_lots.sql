-- Counts the credits in the lots of these owners again, after import_open_units.sql. The import holds the accounts' locks, so
-- nothing draws on the lots meanwhile.
UPDATE ledger_account AS a
SET lots = (
    SELECT sum(o.remaining) FROM ledger_open_units AS o WHERE o.owner_id = a.owner_id AND o.priority IS NOT NULL
)
WHERE a.owner_id IN (
    SELECT o.owner_id FROM ledger_open_units AS o WHERE o.owner_id = ANY(%(owners)s) AND o.priority IS NOT NULL
)
