-- Creates the role of the PostgreSQL exporter, which can read statistics but no row of a table. Runs once, when
-- PostgreSQL creates the database.
\getenv password MONITOR_PASSWORD
CREATE ROLE monitor LOGIN PASSWORD :'password' IN ROLE pg_monitor;
