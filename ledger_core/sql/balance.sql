-- Reads an owner's balance without credits that have expired, the credits of it that holds reserve, and which credits expire
-- next. It reads one row, and only for an owner with holds or lots also the open ones. It needs no lock.
SELECT
    owner_id,
    balance - CASE WHEN held > 0 OR lots > 0 THEN ledger_lapsed(a, statement_timestamp()) ELSE 0 END,
    CASE WHEN held > 0 THEN ledger_held(a, statement_timestamp()) ELSE 0 END,
    seq, updated_on,
    CASE WHEN held > 0 OR lots > 0 THEN ledger_next_expiry(a, statement_timestamp()) END
FROM ledger_account AS a WHERE owner_id = %(owner_id)s
