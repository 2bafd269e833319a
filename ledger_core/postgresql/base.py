"""The database backend: Django's own, with another health check."""

import select

from django.db.backends.postgresql import base
from psycopg.pq import ConnStatus, TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that a request checks before its first statement (CONN_HEALTH_CHECKS)."""

    def is_usable(self) -> bool:
        """Return whether an idle connection is still open. It reads the socket; Django's own check sends `SELECT 1`.

        On an idle connection the server sends something only if it ends the connection (a restart, a pooler, a
        timeout) or a setting has changed. Both need a new connection.
        """
        pgconn = self.connection.pgconn
        if pgconn.status != ConnStatus.OK or pgconn.transaction_status == TransactionStatus.INERROR:
            return False
        arrivals = select.poll()  # select.select cannot watch descriptors above 1023
        arrivals.register(pgconn.socket, select.POLLIN)
        return not arrivals.poll(0)
