"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from ledger_project.development.startup import setup

os.environ["LEDGER_SERVING"] = "1"
setup()
application = get_wsgi_application()
