"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from ledger_project.startup import setup

os.environ["LEDGER_SERVING"] = "1"
setup()

from ledger_core.api.problems.registry import errors  # noqa: E402  # it needs Django

errors()  # raises ReusedCode before the first request
application = get_wsgi_application()
