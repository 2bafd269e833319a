"""The settings for mypy's plugin for Django: always those of development, whatever LEDGER_ENV is."""

import os

os.environ["LEDGER_ENV"] = "development"

from ledger_project.settings import *  # noqa: F403
