-- Posts the items of a batch, all or none, and returns their entries. As post.sql.
SELECT {entry}
FROM ledger_post_batch(%(app)s, %(client)s, %(items)s)
WHERE NOT EXISTS (SELECT FROM ledger_entry WHERE FALSE)
