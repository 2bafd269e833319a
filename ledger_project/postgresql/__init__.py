"""Django's PostgreSQL backend, which notices without a round trip that an idle connection has ended.

Django loads `base` from the package that ENGINE names.
"""
