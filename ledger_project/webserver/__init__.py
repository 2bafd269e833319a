"""gunicorn, adapted: a request gets a thread once it has arrived, and probes have threads of their own.

Everything that uses gunicorn's private parts stands here, so `pyproject.toml` bounds gunicorn's version for this
package.
"""
