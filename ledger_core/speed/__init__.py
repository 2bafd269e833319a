"""Code that only makes requests faster. This page lists every such trick, what it saves, and how to remove it.

Each module has one trick. Its user calls it in one line, and removing it changes no result, unless the list says so.
The numbers are thousands of instructions of a worker for one request, and their share of the POST of an entry (2,000)
and of the GET of a balance (1,700). `docs/benchmarks/README.md` says how they were measured.

    module         saves per POST    per GET
    shortcut       456   23 %        469   28 %
    negotiation    208   11 %        187   11 %
    signals         68    3 %         64    4 %
    series          40    2 %          9    0.5 %
    instances       37    2 %          0           and 4,400 (37 %) of a batch of 100
    cycles          20    1 %         17    1 %    and the work of the garbage collector later

shortcut: Django calls ten more middleware for each request, for sessions, log-ins, messages, CSRF tokens and static
    files, and matches the path with each URL pattern (95 and 105 of the instructions). To remove it, delete `serve_api`
    from MIDDLEWARE. Responses of the API then also have the security headers of pages.
negotiation: DRF parses Accept and Content-Type in every request. To remove it, delete `content_negotiation_class` from
    `LedgerAPIView`.
signals: Django calls receivers that clear a list of queries and close caches, though there are none. To remove it,
    delete its call in `ledger_core.apps`.
series: prometheus_client looks for a metric's series under a lock. To remove it, write `metric.labels(…)` instead of
    `series(metric, …)`.
instances: Django sends two signals for each instance, and sets each field with a call. To remove it, delete
    `Entry.from_db`, and call Django's in `Entry.of_rows`.
cycles: DRF's request and Django's view refer to themselves, so that only the garbage collector can free them. To remove
    it, delete its call in `LedgerAPIView.finalize_response`.

These tricks can only be where they are:

    access/keys.py, client_of                     4,381  4,359   caches the client of a key: two queries less
    postgresql/statement.py, Statement              174    153   calls libpq, not psycopg's cursor
    postgresql/base.py, is_usable                    76     55   reads the socket instead of sending SELECT 1
    api/requests/decoding.py, _may_repeat            32      0   counts quotes before it reads the body in Python
    access/throttling.py, _canonical                 26     20   caches parsed addresses
    api/views.py, default_response_headers           24     25   no Allow in every response
    access/rate_limits/in_memory.py, _place_of       23     22   caches hashes of names
    access/key_form.py, without_keys                 20     20   searches only texts with `ledger_` for keys

`Worker.handle_request` in `ledger_project/webserver/worker.py` saves 40 per POST: gunicorn would try twice to read more
of a body that has been read. `gc.freeze()` in `deploy/gunicorn.conf.py` saves memory: a worker takes 47 MB instead of
64.

Imports nothing of the ledger, so that every package can use it.
"""
