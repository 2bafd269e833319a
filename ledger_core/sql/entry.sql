-- Reads an entry that an app has posted. It only reads, and entries never change.
SELECT {entry}
FROM ledger_entry
WHERE id = %(id)s AND app = %(app)s
