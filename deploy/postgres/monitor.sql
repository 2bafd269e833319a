-- Run once, when the database is made: the role of Prometheus' exporter, which sees statistics and no row of a table.
\getenv password MONITOR_PASSWORD
CREATE ROLE monitor LOGIN PASSWORD :'password' IN ROLE pg_monitor;
