"""What gunicorn serves."""

from django.core.wsgi import get_wsgi_application

from ledger_project.startup import setup

setup()
application = get_wsgi_application()
