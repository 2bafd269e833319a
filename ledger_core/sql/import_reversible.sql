-- Sets what is left of the entries that these owners' imported entries reverse. Made from the entries themselves, and
-- so the same however often it is done; the constraint refuses a reversal beyond its entry.
INSERT INTO ledger_reversible (entry_id, owner_id, remaining)
SELECT reversed.id, reversed.owner_id, reversed.amount - sum(reversal.amount)
FROM ledger_entry AS reversal
JOIN ledger_entry AS reversed ON reversed.id = reversal.reverses_id AND reversed.owner_id = reversal.owner_id
WHERE reversal.owner_id = ANY(%(owners)s) AND reversal.reverses_id IS NOT NULL
GROUP BY reversed.id, reversed.owner_id, reversed.amount
ON CONFLICT (entry_id, owner_id) DO UPDATE SET remaining = excluded.remaining
