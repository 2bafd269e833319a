"""The database backend: Django's own, with another health check."""

import select

from django.db.backends.postgresql import base
from psycopg.pq import ConnStatus, TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that a request checks before its first statement (CONN_HEALTH_CHECKS)."""

    def is_usable(self) -> bool:
        """Return whether an idle connection still stands, by its socket. Django's own check is a `SELECT 1`.

        On an idle connection the server sends nothing, except that it ends the connection (a restart, a pooler, a
        time-out) or that a setting changed. In both cases a new connection is the answer.
        """
        pgconn = self.connection.pgconn
        if pgconn.status != ConnStatus.OK or pgconn.transaction_status == TransactionStatus.INERROR:
            return False
        arrivals = select.poll()  # select.select cannot watch descriptors above 1023
        arrivals.register(pgconn.socket, select.POLLIN)
        return not arrivals.poll(0)
