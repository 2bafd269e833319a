"""The settings as mypy's plugin for Django reads them: those of development, whatever the shell has set."""

import os

os.environ["LEDGER_ENV"] = "development"

from ledger_project.settings import *  # noqa: F403
