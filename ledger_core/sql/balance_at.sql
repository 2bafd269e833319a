-- Reads what an owner had at a moment: the columns of the last entry of that moment or before it, or NULLs. `unclear` is 1
-- where the next entry is later than the clock, 0 otherwise: such an entry may be from before the moment or after it.
WITH last AS MATERIALIZED (  -- so that it is looked for once
    SELECT ledger_seq_before(%(owner_id)s, %(moment)s::timestamptz + interval '1 microsecond') AS seq
)
SELECT
    entry.owner_id, entry.balance_after, entry.seq, entry.created_on,
    (
        SELECT count(*) FROM ledger_entry AS next
        WHERE next.owner_id = %(owner_id)s AND next.seq = last.seq + 1 AND next.created_on > statement_timestamp()
    ) AS unclear
FROM last LEFT JOIN ledger_entry AS entry ON entry.owner_id = %(owner_id)s AND entry.seq = last.seq
