-- Posts an item and returns its entry. The functions, and why they are safe under concurrency, are in
-- migrations/0001_posting.sql. The last line locks the table of entries before the function waits for the account. Otherwise
-- a migration could add a column while it waits, and the function could not insert the entry, which has no such column.
SELECT {entry}
FROM ledger_post(
    %(owner_id)s, %(app)s, %(client)s,
    ROW(
        %(operation)s, %(amount)s, %(delta)s, %(nonce)s, %(claim)s, %(period)s, %(reverses)s,
        %(reversed_operation)s, %(reference)s, %(metadata)s,
        NULL, %(hold)s, %(held)s, %(final)s, NULL, NULL, %(expires_in)s, %(priority)s
    )::ledger_item
)
WHERE NOT EXISTS (SELECT FROM ledger_entry WHERE FALSE)
