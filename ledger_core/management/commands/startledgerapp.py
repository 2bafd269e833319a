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
# It is a package, a label, a namespace, and begins the names of a model and of permissions, which have a length.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Command(TemplateCommand):
    help = "Make an app of the ledger in this folder: its operations, its admin, its API, and tests that pass."
    missing_args_message = "Name the app: manage.py startledgerapp gaming"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="its package and its label: small letters, digits and underscores")

    def handle(self, name: str, **options: Any) -> None:  # type: ignore[override]
        if not _NAME.fullmatch(name):
            raise CommandError(
                f"{name!r} is no name for an app: small letters, digits and _, a letter first, 40 at most."
            )
        if keyword.iskeyword(name):
            raise CommandError(f"{name!r} is a word of Python's: no module can have that name.")
        words = name.replace("_", " ").capitalize()
        layout = {"template": str(_TEMPLATE), "extensions": ["py"], "files": [], "verbose_name": words}
        super().handle("app", name, **options | layout)  # refuses the name of a module that is there, and says so
        self.stdout.write(
            f"{name}/ is there. Add this line to INSTALLED_APPS in ledger_project/settings.py:\n\n"
            f'    "{name}",\n\n'
            f"Then run `make upgrade`. Its operations are in {name}/operations.py, and `.venv/bin/pytest {name}`\n"
            "tests them. See docs/adding-an-app.md."
        )
