#!/usr/bin/env python
"""Runs Django's commands. In development, the embedded PostgreSQL runs with them unless DATABASE_URL is set."""

import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from ledger_core.management.output import one_line_for_files
from ledger_project.development.database import database
from ledger_project.startup import default_to_development, setup


def main() -> None:
    default_to_development()
    with database(), one_line_for_files():
        setup()
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OperationalError as error:  # of the database or the way to it, not of the command: one line is enough
        if "--traceback" in sys.argv:
            raise
        sys.exit(" ".join(str(error).split()))
