"""`manage.py startledgerapp`"""

import keyword
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.core.management.templates import TemplateCommand

import ledger_core

_TEMPLATE = Path(ledger_core.__file__).parent / "plugins" / "app_template"
# The name of a package, and part of the names of a model and its permissions, whose length is limited.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Command(TemplateCommand):
    help = "Create an app of the ledger in the current folder, with one operation, an API, admin pages and tests."
    missing_args_message = "Name the app, for example: manage.py startledgerapp gaming"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of the app: lowercase letters, digits and underscores")

    def handle(self, name: str, **options: Any) -> None:  # type: ignore[override]
        if not _NAME.fullmatch(name):
            raise CommandError(
                f"{name!r} cannot be the name of an app: use lowercase letters, digits and underscores, at most 40 "
                "characters, a letter first."
            )
        if keyword.iskeyword(name):
            raise CommandError(f"{name!r} cannot be the name of an app: it is a keyword of Python.")
        words = name.replace("_", " ").capitalize()
        layout = {"template": str(_TEMPLATE), "extensions": ["py"], "files": [], "verbose_name": words}
        super().handle("app", name, **options | layout)  # raises CommandError if a module has this name
        self.stdout.write(
            f"Created {name}/. Add this line to INSTALLED_APPS in ledger_project/settings.py:\n\n"
            f'    "{name}",\n\n'
            f"Define the app's operations in {name}/operations.py, and run its tests with `.venv/bin/pytest {name}`.\n"
            "Then restart `make run`; it creates the app's admin permissions. With another database, run "
            "`make upgrade`.\n"
            "docs/adding-an-app.md explains each step."
        )
