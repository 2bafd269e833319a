"""How fast the ledger is, against a ceiling and against what is used elsewhere: `make bench`, `make bench-growth`.

Contestants alternate in one run, on one database server; the medians of their ratios are what to look at, since the
rates of a machine swing. Benchmarks are no tests: nothing fails because a machine is slow.
"""
