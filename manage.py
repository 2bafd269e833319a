#!/usr/bin/env python
"""Django's commands. In development, and without a DATABASE_URL, the embedded PostgreSQL runs while they do."""

import os
import sys

from django.core.management import execute_from_command_line

from ledger_core.management.progress import one_line_for_files
from ledger_project.database import database


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledger_project.settings")
    with database(), one_line_for_files():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
