"""Chooses and loads the settings: those of development only on a developer's machine."""

import os
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

# `make install` and `make run` create this file in the virtual environment. It is never in git or in the image.
DEVELOPERS = Path(sys.prefix, "ledger-development")
_OF_PRODUCTION = ("SECRET_KEY", "SECRET_KEY_FILE", "ALLOWED_HOSTS", "DATABASE_URL_FILE")


def default_to_development() -> None:
    """Set LEDGER_ENV=development on a developer's machine, unless it is set, or a variable of production is set.

    Only commands call this function. gunicorn uses the settings of production unless LEDGER_ENV is set.
    """
    if DEVELOPERS.exists() and not any(os.environ.get(name) for name in _OF_PRODUCTION):
        os.environ.setdefault("LEDGER_ENV", "development")


def setup() -> None:
    """Load the settings and the apps as `django.setup()` does. An invalid setting ends the process with one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger_project.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise SystemExit(f"{error}") from None
