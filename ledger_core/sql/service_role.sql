-- Grants the service's role the rights that it needs, and no others. The role inserts and reads entries. It cannot change or
-- delete one, nor disable the trigger that rejects changes, which belongs to the owner of the tables. It runs after every
-- migration, in one transaction, while the service runs. It does not change rights on tables and columns that this version
-- does not know, because a newer version may be serving. So each table is named, and UPDATE is not revoked from a table,
-- which would revoke it from every column.
GRANT USAGE ON SCHEMA public TO {role};
-- The tables of Django, of its packages and of the apps.
GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {role};
GRANT SELECT ON django_migrations TO {role};
GRANT SELECT, INSERT ON
    ledger_account, ledger_entry, ledger_open_units, ledger_client, ledger_key, ledger_verification TO {role};
-- What ledger_post and ledger_post_batch write. USAGE lets them take the next id, and lets nobody set the sequence back.
GRANT UPDATE (balance, held, lots, seq, head, updated_on) ON ledger_account TO {role};
GRANT USAGE ON SEQUENCE ledger_entry_id_seq TO {role};
GRANT UPDATE (remaining, expires_on) ON ledger_open_units TO {role};
-- Entries keep a client's name, so a client is never renamed or deleted.
GRANT UPDATE (apps, scopes) ON ledger_client TO {role};
GRANT UPDATE (revoked_on, last_used_on) ON ledger_key TO {role};
