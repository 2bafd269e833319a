-- Reads the owner and the operation of a hold that an app has made. It only reads, and entries never change. A
-- capture needs no more of the entry, and reading all columns would cost a quarter of a post.
SELECT owner_id, operation FROM ledger_entry WHERE id = %(id)s AND app = %(app)s AND held > 0
