-- Gives the service's role the rights that it needs and no more: it inserts and reads entries, and can neither change nor
-- remove one, nor touch the trigger that refuses it, which belongs to the owner of the tables. Made anew as a whole, in
-- one transaction, so that it can be done after every migration.
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
REVOKE INSERT, UPDATE, DELETE ON ledger_account, ledger_entry, ledger_reversible, django_migrations FROM {role};
-- Entries keep a client's name for good: it is neither renamed nor deleted. What a verification found stands as well.
REVOKE UPDATE, DELETE ON ledger_client, ledger_key, ledger_verification FROM {role};
GRANT UPDATE (apps, scopes) ON ledger_client TO {role};
GRANT UPDATE (revoked_on, last_used_on) ON ledger_key TO {role};
-- What post.sql and ledger_post_batch write.
GRANT INSERT ON ledger_account, ledger_entry, ledger_reversible TO {role};
GRANT UPDATE (balance, seq, head, updated_on) ON ledger_account TO {role};
GRANT UPDATE (remaining) ON ledger_reversible TO {role};
