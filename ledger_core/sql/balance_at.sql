-- Reads an owner's balance at a moment: the columns of the last entry at or before it, or NULLs. `unclear` is 1 if the
-- next entry is later than the clock, otherwise 0: nobody knows whether such an entry was posted before the moment. It only
-- reads, and entries never change.
WITH last AS MATERIALIZED (  -- so that the function is called once
    SELECT ledger_seq_before(%(owner_id)s, %(moment)s::timestamptz + interval '1 microsecond') AS seq
)
SELECT
    entry.owner_id, entry.balance_after, entry.seq, entry.created_on,
    (
        SELECT count(*) FROM ledger_entry AS next
        WHERE next.owner_id = %(owner_id)s AND next.seq = last.seq + 1 AND next.created_on > statement_timestamp()
    ) AS unclear
FROM last LEFT JOIN ledger_entry AS entry ON entry.owner_id = %(owner_id)s AND entry.seq = last.seq
