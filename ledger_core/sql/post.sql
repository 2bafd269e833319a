-- Posts one entry and returns it. One statement, so the account and its entry change together or not at all; the
-- upsert locks the account's row, so entries of one owner are numbered and chained one after the other; and what
-- the row holds is read after the lock was had, so no update is lost. Refusals are constraints: see posting.
WITH account AS (
    INSERT INTO ledger_account AS a (owner_id, balance, seq, head, created_on, updated_on)
    VALUES (
        %(owner_id)s,
        -- A CHECK looks at this row even where the owner has an account already, so a debit may not stand here.
        -- A debit that would open an account is refused by ledger_entry_starts_from_zero.
        greatest(%(delta)s::bigint, 0),
        1,
        ledger_entry_hash(
            '', %(owner_id)s, 1, %(app)s, %(operation)s, %(amount)s, %(delta)s, %(delta)s, %(nonce)s,
            ledger_claim(%(claim)s, %(period)s, statement_timestamp()),
            %(reverses_id)s::bigint, %(client)s, statement_timestamp()
        ),
        statement_timestamp(),
        statement_timestamp()
    )
    ON CONFLICT (owner_id) DO UPDATE SET
        balance = a.balance + %(delta)s,
        seq = a.seq + 1,
        head = ledger_entry_hash(
            a.head, a.owner_id, a.seq + 1, %(app)s, %(operation)s, %(amount)s, %(delta)s, a.balance + %(delta)s,
            %(nonce)s, ledger_claim(%(claim)s, %(period)s, greatest(a.updated_on, excluded.updated_on)),
            %(reverses_id)s::bigint, %(client)s, greatest(a.updated_on, excluded.updated_on)
        ),
        -- A statement that waited for the lock began before the one it waited for: time must not go back.
        updated_on = greatest(a.updated_on, excluded.updated_on)
    RETURNING owner_id, balance, seq, head, updated_on
), reversal AS (
    -- What is left of the entry that is reversed, counted down as a balance is, under the same lock. An entry that
    -- is not the owner's, not of the app, or of another operation than may be reversed has nothing left.
    INSERT INTO ledger_reversible AS r (entry_id, owner_id, remaining)
    SELECT
        %(reverses_id)s::bigint, owner_id, coalesce((
            SELECT amount FROM ledger_entry
            WHERE id = %(reverses_id)s::bigint AND owner_id = %(owner_id)s AND app = %(app)s
            AND operation = %(reversed_operation)s
        ), 0) - %(amount)s
    FROM account
    WHERE %(reverses_id)s::bigint IS NOT NULL
    ON CONFLICT (entry_id, owner_id) DO UPDATE SET remaining = r.remaining - %(amount)s
)
INSERT INTO ledger_entry (
    owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
)
SELECT
    owner_id, seq, %(app)s, %(operation)s, %(amount)s, %(delta)s, balance, %(nonce)s,
    ledger_claim(%(claim)s, %(period)s, updated_on), %(reverses_id)s::bigint, %(client)s, updated_on, head
FROM account
RETURNING
    id, owner_id, seq, app, operation, amount, delta, balance_after, nonce, claim, reverses_id, client, created_on, hash
