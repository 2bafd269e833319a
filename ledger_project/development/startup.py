"""Which settings a process gets: those of development only where it is certain that the machine is a developer's."""

import os
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

# `make install` and `make run` write this file into the virtual environment. The image of production is built without
# them, and neither git nor the image gets the file.
DEVELOPERS = Path(sys.prefix, "ledger-development")
_OF_PRODUCTION = ("SECRET_KEY", "SECRET_KEY_FILE", "ALLOWED_HOSTS", "DATABASE_URL_FILE")


def default_to_development() -> None:
    """Set LEDGER_ENV=development for a command on a developer's machine, unless something says otherwise.

    An environment that has a variable of production keeps production's rules, and so does whatever does not call
    this: gunicorn never gets the settings of development unless LEDGER_ENV asks for them.
    """
    if DEVELOPERS.exists() and not any(os.environ.get(name) for name in _OF_PRODUCTION):
        os.environ.setdefault("LEDGER_ENV", "development")


def setup() -> None:
    """Load the settings and the apps as `django.setup()` does; a wrong setting ends the process with one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger_project.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise SystemExit(f"{error}") from None
