-- Lists the sessions that the session %(pid)s waits for. It reads only the server's own views, and takes no lock that
-- posts wait for. A role that may not read the statistics of others sees only their process ids and users.
SELECT pid, usename, application_name, state, date_trunc('second', xact_start), left(query, 80)
FROM pg_stat_activity
WHERE pid = ANY(pg_blocking_pids(%(pid)s))
ORDER BY xact_start
