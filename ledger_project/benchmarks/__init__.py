"""The speed of the ledger, compared with a ceiling and with other ledgers: `make bench`, `make bench-growth`.

Contestants alternate in one run, on one database server. Compare the medians of their ratios, because the rates of a
machine vary. Benchmarks are not tests: nothing fails because a machine is slow.
"""
