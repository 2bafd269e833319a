"""Running and testing the service on one machine: the embedded PostgreSQL, `make run`, and the pytest plugin.

In production manage.py and wsgi.py load the settings by `startup`, and manage.py calls `database()`, which does nothing
there. Nothing else of this package runs in production.
"""
