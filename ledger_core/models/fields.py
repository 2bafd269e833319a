"""Texts that PostgreSQL itself keeps plain: columns of the domains in `sql/migrations/0001_types.sql`.

A domain costs a post less than a CHECK of the table: PostgreSQL keeps the domain's condition ready for use, and reads
that of a CHECK from its catalog again for each statement.
"""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class PlainTextField(models.TextField):
    """A text of 1 to 128 characters without control characters."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "ledger_text"


class OptionalTextField(models.TextField):
    """A text of at most 128 characters without control characters."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "ledger_optional_text"


class UnitsField(models.BigIntegerField):
    """A number of units, at least 1."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "ledger_units"
