"""gunicorn's configuration, for `make run` and for the image. docs/settings.md lists its environment variables."""

import gc
import importlib
import os
import shutil
import tempfile
from typing import Any

from ledger_project import environment

bind = environment.text("BIND", "0.0.0.0:8000")  # in a container, the network limits who can connect
# Requests wait for the database most of the time, so a worker has several threads. Several workers use several cores.
# Each thread keeps one connection, and so does the thread for /readyz, so PostgreSQL's max_connections must be at least
# workers × (threads + 1) × replicas.
workers = environment.integer("WEB_CONCURRENCY", 2, least=1)
threads = environment.integer("WEB_THREADS", 4, least=1)
worker_class = "ledger_project.webserver.worker.Worker"  # threaded, with time-outs for slow clients
# Loads the application once, before the port is opened and the workers are forked: the first request does not wait, a
# worker that replaces a dead one starts at once, and workers share memory. With RELOAD each worker loads it.
reload = environment.boolean("RELOAD", default=False)
preload_app = not reload
# Longer than nginx's 60 seconds, so that nginx closes idle connections: it knows whether it is about to use them.
keepalive = 75
# Seconds after which a worker without a heartbeat is replaced. A post takes milliseconds.
timeout = 30
graceful_timeout = 30
# The heartbeat is a file. In memory it does not wait for a busy disk.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # noqa: S108
# The same limits as nginx's: 8 KiB for a line with its line break. gunicorn counts the line break of a header, but not
# of the first line.
limit_request_line = 8190
limit_request_fields = 50
limit_request_field_size = 8192
# The application logs requests, with their ids.
accesslog = None
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Create what the workers share: memory to count requests, and a folder for metrics."""
    importlib.import_module("ledger_core.access.rate_limits.in_memory")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="ledger-metrics-")


def pre_fork(server: Any, worker: Any) -> None:
    worker.number = importlib.import_module("ledger_project.webserver.numbers").free_number(server)
    gc.freeze()  # the garbage collector ignores what is loaded now, so that its memory pages stay shared


def post_fork(server: Any, worker: Any) -> None:
    importlib.import_module("ledger_project.webserver.worker_metrics").write_as(worker.number)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
