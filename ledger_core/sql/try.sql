-- Tries the items of a post or a batch in turn, takes them back, and returns what would become of each: a row for each item,
-- and for a transfer a second one, with the entry of the other owner. It writes nothing that remains. Meanwhile it locks
-- the accounts as a batch does. The function is in migrations/0001_posting.sql, and post.sql explains the last condition.
SELECT
    o.number, o.earlier, o.rejected_by, o.payer, o.balance, o.reserved, o.expiring, o.claimed_on, o.units, o.remaining, o.moved, o.ended_by,
    {entry}
FROM ledger_try(%(app)s, %(client)s, %(items)s) WITH ORDINALITY AS o (
    entry, other, earlier, rejected_by, payer, balance, reserved, expiring, claimed_on, units, remaining, moved, ended_by, number
)
CROSS JOIN LATERAL (SELECT 1 AS side, (o.entry).* UNION ALL SELECT 2, (o.other).* WHERE (o.other).id IS NOT NULL) AS entry
WHERE NOT EXISTS (SELECT FROM ledger_entry WHERE FALSE)
ORDER BY o.number, entry.side
