-- Lists what is wrong with the entries and accounts of the owners at or after %(first)s and before %(stop)s: owner, sequence
-- number and description. It only reads, and one statement sees one moment, so it can run while entries are posted. Each
-- entry is compared with the one before it, and the newest with the account. So if no entry is wrong, the history is right.
WITH entry AS (
    SELECT
        e.*,
        e AS whole,
        lag(seq) OVER own AS previous_seq,
        lag(balance_after) OVER own AS previous_balance,
        lag(created_on) OVER own AS previous_created_on,
        lag(hash) OVER own AS previous_hash
    FROM ledger_entry AS e
    WHERE e.owner_id >= %(first)s AND (%(stop)s::text IS NULL OR e.owner_id < %(stop)s)
    AND e.created_on >= coalesce(%(since)s::timestamptz, '-infinity')
    WINDOW own AS (PARTITION BY e.owner_id ORDER BY e.seq)
), pair AS (
    SELECT
        e.*,
        coalesce(previous_seq, earlier.seq, 0) AS seq_before,
        coalesce(previous_balance, earlier.balance_after, 0) AS balance_before,
        coalesce(previous_created_on, earlier.created_on, '-infinity') AS time_before,
        coalesce(previous_hash, earlier.hash, '') AS hash_before
    FROM entry AS e
    -- The entry before the first one that is checked.
    LEFT JOIN LATERAL (
        SELECT * FROM ledger_entry AS p
        WHERE e.previous_seq IS NULL AND p.owner_id = e.owner_id AND p.seq = e.seq - 1
        LIMIT 1
    ) AS earlier ON TRUE
), checked AS (
    SELECT
        pair.*,
        pair.seq <> seq_before + 1 AS wrong_seq,
        pair.created_on < time_before OR NOT isfinite(pair.created_on) AS wrong_time,
        balance_after <> balance_before::numeric + delta OR balance_after < 0 AS wrong_balance,
        amount < 1 OR delta %% greatest(amount, 1) <> 0 AS wrong_delta,
        hash <> ledger_entry_hash(hash_before, whole) AS wrong_hash,
        seq_before = 0 AND a.owner_id IS NULL AS without_account,
        pair.seq = 1 AND a.created_on <> pair.created_on AS wrong_beginning
    FROM pair LEFT JOIN ledger_account AS a ON seq_before = 0 AND a.owner_id = pair.owner_id
), reversal AS (
    SELECT owner_id, reverses_id AS entry_id, sum(amount) AS units, min(seq) AS first_seq
    FROM ledger_entry
    WHERE reverses_id IS NOT NULL
    AND owner_id >= %(first)s AND (%(stop)s::text IS NULL OR owner_id < %(stop)s)
    GROUP BY owner_id, reverses_id
), reversible AS (
    SELECT * FROM ledger_reversible
    WHERE owner_id >= %(first)s AND (%(stop)s::text IS NULL OR owner_id < %(stop)s)
), reversed AS (
    SELECT owner_id, entry_id, units, first_seq, remaining
    FROM reversal FULL JOIN reversible USING (owner_id, entry_id)
)
SELECT owner_id, seq, fault
FROM checked CROSS JOIN LATERAL (VALUES
    (wrong_seq, format('sequence: the sequence number before it is %%s', seq_before)),
    (wrong_time, format('time: it is %%s, and that of the entry before it %%s', created_on, time_before)),
    (
        wrong_balance,
        format('balance: %%s before the entry, %%s after it, and a delta of %%s', balance_before, balance_after, delta)
    ),
    (wrong_delta, format('delta: %%s credits are not a multiple of %%s units', delta, amount)),
    (wrong_hash, 'hash: it does not match this entry and the hash before it'),
    (without_account, 'account: the owner has entries, but no account'),
    (wrong_beginning, 'account: the time of its first entry is not the time of that entry')
) AS check_(failed, fault)
WHERE (
    wrong_seq OR wrong_time OR wrong_balance OR wrong_delta OR wrong_hash OR without_account OR wrong_beginning
) AND failed
UNION ALL
SELECT a.owner_id, a.seq, fault
FROM ledger_account AS a
LEFT JOIN LATERAL (
    SELECT seq, balance_after, created_on, hash FROM ledger_entry AS e WHERE e.owner_id = a.owner_id
    ORDER BY seq DESC LIMIT 1
) AS newest ON TRUE
CROSS JOIN LATERAL (VALUES
    (
        newest.seq IS DISTINCT FROM a.seq,
        format('account: it counts %%s entries, but the newest one is #%%s', a.seq, coalesce(newest.seq, 0))
    ),
    (
        newest.balance_after IS DISTINCT FROM a.balance,
        format('account: its balance is %%s, but %%s after its newest entry', a.balance, coalesce(newest.balance_after, 0))
    ),
    (newest.hash IS DISTINCT FROM a.head, 'account: its head is not the hash of its newest entry'),
    (newest.created_on IS DISTINCT FROM a.updated_on, 'account: its time is not the time of its newest entry')
) AS check_(failed, fault)
WHERE a.owner_id >= %(first)s AND (%(stop)s::text IS NULL OR a.owner_id < %(stop)s)
AND a.updated_on >= coalesce(%(since)s::timestamptz, '-infinity') AND failed
UNION ALL
SELECT
    r.owner_id, coalesce(e.seq, first_seq),
    CASE
        WHEN e.id IS NULL THEN format('reversal: the reversed entry %%s does not exist', entry_id)
        WHEN units > e.amount THEN format('reversal: %%s of its %%s units are reversed', units, e.amount)
        ELSE format(
            'reversal: %%s of its %%s units are reversed, but %%s are recorded as left',
            coalesce(units, 0), e.amount, coalesce(remaining, e.amount)
        )
    END
FROM reversed AS r LEFT JOIN ledger_entry AS e ON e.id = entry_id AND e.owner_id = r.owner_id
WHERE (e.amount - units = remaining AND remaining >= 0) IS NOT TRUE
