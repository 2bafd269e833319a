"""gunicorn, for `make run` and for the image alike. What may differ comes from the environment."""

import gc
import importlib
import os
import shutil
import tempfile
from itertools import count
from typing import Any

from ledger_project import environment

bind = environment.text("BIND", "0.0.0.0:8000")  # in a container the network decides who reaches it
# A request waits for the database most of its time, so a worker has threads; a second worker, for a second core.
# Each thread keeps one connection, and so does the one that answers /readyz: workers × (threads + 1) × replicas must
# fit PostgreSQL's max_connections.
workers = environment.integer("WEB_CONCURRENCY", 2, least=1)
threads = environment.integer("WEB_THREADS", 4, least=1)
worker_class = "ledger_project.webserver.worker.Worker"  # of threads, with time-outs for clients
# Everything is loaded before the port is opened, and once for all workers: who comes to a new replica does not wait, a
# worker in a dead one's place is there at once, and they share memory. Not for a service that reloads its code.
reload = environment.boolean("RELOAD", default=False)
preload_app = not reload
# nginx keeps connections for 60 seconds. The side that closes first should be nginx, which knows what is under way.
keepalive = 75
# A post takes milliseconds. A worker that says nothing for half a minute hangs.
timeout = 30
graceful_timeout = 30
# The heartbeat is a file; on a disk it would wait for the disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # noqa: S108
# Header lines that no client of ours sends. nginx has the same limits: a line with its end fits 8 KiB. gunicorn counts
# the end of a header, and not that of the first line.
limit_request_line = 8190
limit_request_fields = 50
limit_request_field_size = 8192
# Requests are logged by the application, with their ids.
accesslog = None
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Make what the workers share before they are forked: where they count requests, and where they put metrics."""
    importlib.import_module("ledger_core.access.rate_limits.shared")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="ledger-metrics-")


def pre_fork(server: Any, worker: Any) -> None:
    """Number the worker from one on; one in a dead one's place gets its number."""
    taken = {other.number for other in server.WORKERS.values()}
    worker.number = next(number for number in count(1) if number not in taken)
    gc.freeze()  # what is loaded stays: no worker's garbage collector looks at it, and its pages stay shared


def post_fork(server: Any, worker: Any) -> None:
    importlib.import_module("ledger_project.webserver.worker_metrics").write_as(worker.number)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
