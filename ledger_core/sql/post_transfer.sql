-- Posts a transfer, or the reversal of one, and returns the entries of both owners. As post.sql.
SELECT {entry}
FROM ledger_post_items(%(app)s, %(client)s, NULL, %(items)s)
WHERE NOT EXISTS (SELECT FROM ledger_entry WHERE FALSE)
