"""Commands for operators, and what the commands share: arguments, progress, reports, exit codes.

Invariants: a command exits with 0 for no finding, 1 for a finding, 2 if it could not do its work; what stops it is one
line on stderr.
"""
