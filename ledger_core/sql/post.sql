-- Posts one entry and returns it. One statement, so the account and its entry change together or not at all; the
-- upsert locks the account's row, so entries of one owner are numbered and chained one after the other; and what
-- the row holds is read after the lock was had, so no update is lost. Refusals are constraints: see posting.
--
-- A reversal moves back, for each unit, what the entry that it names moved. That entry is read as of the moment at which
-- the statement began, and not again after a wait for the lock: rows of entries never change, and whoever knows an
-- entry's id knows it from an answer, which is sent after the commit. What does change, the units that are left, is
-- counted down in a row of ledger_reversible, which is read after the wait.
WITH reversed AS (
    -- No row, where the entry is not the owner's, not of the app, of another operation than may be reversed, or of fewer
    -- units than are asked for: nothing of it is left, and no product runs past a bigint.
    SELECT amount, -(delta / amount) AS unit FROM ledger_entry
    WHERE id = %(reverses_id)s::bigint AND owner_id = %(owner_id)s AND app = %(app)s
    AND operation = %(reversed_operation)s AND amount >= %(amount)s
), moved AS (
    SELECT coalesce(%(delta)s::bigint, (SELECT unit * %(amount)s::bigint FROM reversed), 0) AS delta
), account AS (
    INSERT INTO ledger_account AS a (owner_id, balance, seq, head, created_on, updated_on)
    SELECT
        %(owner_id)s,
        -- A CHECK looks at this row even where the owner has an account already, so a debit may not stand here.
        -- A debit that would open an account is refused by ledger_entry_starts_from_zero.
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
        -- A statement that waited for the lock began before the one it waited for: time must not go back.
        updated_on = greatest(a.updated_on, excluded.updated_on)
    RETURNING owner_id, balance, seq, head, updated_on
), reversal AS (
    -- What is left of the entry that is reversed, counted down as a balance is, under the same lock.
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
