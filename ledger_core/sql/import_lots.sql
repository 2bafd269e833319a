-- Moves the credits of lots as these owners' imported entries say, in their order. The function is that of a post. The import
-- holds the accounts' locks, so nothing draws on the lots meanwhile.
SELECT ledger_replay_lots(%(owners)s, %(seqs)s)
