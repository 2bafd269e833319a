"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["LEDGER_SERVING"] = "1"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger_project.settings")

application = get_wsgi_application()
