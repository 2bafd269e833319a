-- Posts one entry and returns it. It is one statement, so the account and its entry change together or not at all. The
-- upsert locks the account's row, so the entries of one owner are numbered and chained one after the other. The row's
-- values are read after the lock is taken, so no update is lost. Named constraints reject what the rules forbid: see
-- ledger_core/rules.
--
-- A reversal moves back, for each unit, what a unit of the reversed entry moved. That entry is read as of the start of the
-- statement, and not again after a wait for the lock. This is safe: entries never change, and a caller knows an entry's id
-- only from a response, which is sent after the commit. The number of units that are left does change; it is counted down
-- in a row of ledger_reversible, which is read after the wait.
WITH reversed AS (
    -- No row if the entry belongs to another owner, app or operation, or has fewer units than the request. Then it counts
    -- as an entry of 0 units, and `unit * amount` cannot exceed a bigint.
    SELECT amount, -(delta / amount) AS unit FROM ledger_entry
    WHERE id = %(reverses_id)s::bigint AND owner_id = %(owner_id)s AND app = %(app)s
    AND operation = %(reversed_operation)s AND amount >= %(amount)s
), moved AS (
    SELECT coalesce(%(delta)s::bigint, (SELECT unit * %(amount)s::bigint FROM reversed), 0) AS delta
), account AS (
    INSERT INTO ledger_account AS a (owner_id, balance, seq, head, created_on, updated_on)
    SELECT
        %(owner_id)s,
        -- PostgreSQL checks this row even if the owner already has an account, so a debit's balance may not be here.
        -- ledger_entry_starts_from_zero rejects a debit that would open an account.
        greatest(delta, 0),
        1,
        ledger_entry_hash(
            '', %(owner_id)s, 1, %(app)s, %(operation)s, %(amount)s, delta, delta, %(nonce)s,
            ledger_claim(%(claim)s, %(period)s, statement_timestamp()),
            %(reverses_id)s::bigint, %(client)s, statement_timestamp()
        ),
        statement_timestamp(),
        statement_timestamp()
    FROM moved
    ON CONFLICT (owner_id) DO UPDATE SET
        balance = a.balance + (SELECT delta FROM moved),
        seq = a.seq + 1,
        head = ledger_entry_hash(
            a.head, a.owner_id, a.seq + 1, %(app)s, %(operation)s, %(amount)s, (SELECT delta FROM moved),
            a.balance + (SELECT delta FROM moved), %(nonce)s,
            ledger_claim(%(claim)s, %(period)s, greatest(a.updated_on, excluded.updated_on)),
            %(reverses_id)s::bigint, %(client)s, greatest(a.updated_on, excluded.updated_on)
        ),
        -- A statement that waited for the lock can have begun before the one that held it. Time must not go back.
        updated_on = greatest(a.updated_on, excluded.updated_on)
    RETURNING owner_id, balance, seq, head, updated_on
), reversal AS (
    -- Counts down the units that are left of the reversed entry, under the account's lock.
    INSERT INTO ledger_reversible AS r (entry_id, owner_id, remaining)
    SELECT %(reverses_id)s::bigint, owner_id, coalesce((SELECT amount FROM reversed), 0) - %(amount)s
    FROM account
    WHERE %(reverses_id)s::bigint IS NOT NULL
    ON CONFLICT (entry_id, owner_id) DO UPDATE SET remaining = r.remaining - %(amount)s
)
INSERT INTO ledger_entry (
    owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
)
SELECT
    owner_id, seq, %(app)s, %(operation)s, %(amount)s, delta, balance, %(nonce)s,
    ledger_claim(%(claim)s, %(period)s, updated_on), %(reverses_id)s::bigint, %(client)s, updated_on, head
FROM account, moved
RETURNING
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
