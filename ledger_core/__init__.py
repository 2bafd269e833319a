"""The ledger: accounts, entries, and everything that posts, reads, checks and serves them.

Each package says in its docstring what belongs in it, its invariants, and what it may import. From the bottom up:

    errors, values, texts   modules that every package may import: rejections, checked values, texts as people see them
    operations              what each app can post: pure Python
    plugins                 the installed apps that take part, and their system checks
    speed                   code that only makes requests faster, each trick with its measurement
    sql, postgresql         SQL in files; the database backend, statements, outages, locks
    models, migrations      the tables and their named constraints
    access                  clients, keys, authentication, rate limits
    observability           metrics, the log of requests, request ids
    rules                   why a draft is rejected: each rule with its error and its explanation
    queries                 balances, entries, sums: everything that is read
    posting                 the only writer of balances
    verification            checks that the ledger is as it was posted
    import_export           the ledger as files, out and in
    api, admin, management  HTTP for programs, pages for staff, commands for operators
    conformance             tests that every app's operations have to pass

`apps`, `admin_site`, `pytest_plugin` and `templatetags` stand where Django and pytest look for them. A contract in
`pyproject.toml` checks the direction of imports; every module is in a layer.
"""
