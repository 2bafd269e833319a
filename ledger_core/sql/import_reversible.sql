-- Sets how many units are left of the entries that these owners' imported entries reverse. It computes them from the
-- entries, so it can be repeated; the import holds the accounts' locks, so no reversal is posted meanwhile. The constraint
-- ledger_reversible_remaining_not_negative rejects more reversed units than the entry has.
INSERT INTO ledger_reversible (entry_id, owner_id, remaining)
SELECT reversed.id, reversed.owner_id, reversed.amount - sum(reversal.amount)
FROM ledger_entry AS reversal
JOIN ledger_entry AS reversed ON reversed.id = reversal.reverses_id AND reversed.owner_id = reversal.owner_id
WHERE reversal.owner_id = ANY(%(owners)s) AND reversal.reverses_id IS NOT NULL
GROUP BY reversed.id, reversed.owner_id, reversed.amount
ON CONFLICT (entry_id, owner_id) DO UPDATE SET remaining = excluded.remaining
