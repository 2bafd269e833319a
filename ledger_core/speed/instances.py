"""Instances of models from the rows of a query, without `Model.__init__`."""

from collections.abc import Collection
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

M = TypeVar("M", bound=models.Model)


def instance_of_row(model: type[M], db: str | None, field_names: Collection[str], values: Collection[Any]) -> M:
    """Return the instance that `Model.from_db` makes of a row, without sending the signals pre_init and post_init.

    Only for models that nobody connects to these signals, and that have no `__init__` of their own.
    """
    instance = model.__new__(model)
    instance._state = ModelState()
    instance._state.db, instance._state.adding = db, False
    instance.__dict__.update(zip(field_names, values, strict=True))
    return instance


def instances_of_rows(model: type[M], rows: Collection[Collection[Any]]) -> list[M]:
    """Return the instances of rows that have all columns of the model, in the model's order."""
    columns = [field.attname for field in model._meta.concrete_fields]
    return [instance_of_row(model, DEFAULT_DB_ALIAS, columns, row) for row in rows]
