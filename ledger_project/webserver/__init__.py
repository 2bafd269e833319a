"""gunicorn's worker, adapted: a request gets a thread only when it has arrived, and probes have threads of their own.

    worker            the worker, its threads and its responses
    reading           requests as they arrive, read without waiting
    worker_metrics    metrics of all workers of a replica
    numbers           numbers of the workers

Everything that uses gunicorn's internals is in this package. They can change with each version, so `pyproject.toml`
bounds gunicorn to the version that it was written for. To raise the bound, compare gunicorn's `workers/gthread.py`,
`http/wsgi.py` and `arbiter.py` with what is overridden here, and run `pytest ledger_project/tests/webserver`.
"""
