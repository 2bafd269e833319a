"""The service and its tests on one machine: the embedded PostgreSQL, `make run`, and the pytest plugin.

Nothing here runs in production, except that manage.py asks `startup` which settings a command gets.
"""
