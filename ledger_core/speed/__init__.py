"""Speed that costs readability: everything the ledger does differently from Django or DRF only to be faster.

    shortcut       `serve_api` calls the API's views past the middleware that only pages need
    signals        `disconnect_unused_receivers` disconnects receivers that do nothing here
    instances      `instance_of_row` makes models without `Model.__init__`
    cycles         `break_cycles` frees a request and its view without the garbage collector
    negotiation    `Negotiation` does not parse the headers that nearly all clients send
    series         `series` remembers the series of metrics

Invariants: each module is one trick, which its user calls in one line, and whose removal changes no result. Imports
nothing of the ledger, so that every package may use it.
"""
