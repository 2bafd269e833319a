"""Rules: why a draft is rejected. One module per rule, with its error and what the caller needs to know about it.

    rule            what a rule of the database has: the names of its constraints, and the explanation of a rejection
    claims, reversals, holds, balance      the rules that PostgreSQL enforces, by constraints (`models.constraints`)
    nonces          the same, but a rejected draft can be a retry, which is no error
    availability    the rule that Python enforces before the statement
    rejections      from an error of the database to its rule, and from the rule to the caller's error

Invariants: a constraint has exactly one error, found by its name and never by the text of a message. For the rules that
PostgreSQL enforces, these modules decide nothing: they only explain what it has rejected. To add a rule, write its
module and add it to `rejections`. Imports `models`, `operations` and `postgresql`.
"""
