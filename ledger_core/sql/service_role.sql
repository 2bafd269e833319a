-- Gives the service's role the rights that it needs and no more: it inserts and reads entries, and can neither change nor
-- remove one, nor touch the trigger that refuses it, which belongs to the owner of the tables. Run after every migration,
-- in one transaction. It changes nothing of a table or a column that this version does not know: a newer version may
-- serve meanwhile. So each table is named, and UPDATE of a table is not revoked, which would revoke it of every column.
GRANT USAGE ON SCHEMA public TO {role};
-- The tables of Django, of its packages and of the apps.
GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {role};
GRANT SELECT ON django_migrations TO {role};
GRANT SELECT, INSERT ON
    ledger_account, ledger_entry, ledger_reversible, ledger_client, ledger_key, ledger_verification TO {role};
-- What post.sql and ledger_post_batch write.
GRANT UPDATE (balance, seq, head, updated_on) ON ledger_account TO {role};
GRANT UPDATE (remaining) ON ledger_reversible TO {role};
-- Entries keep a client's name for good: it is neither renamed nor deleted.
GRANT UPDATE (apps, scopes) ON ledger_client TO {role};
GRANT UPDATE (revoked_on, last_used_on) ON ledger_key TO {role};
