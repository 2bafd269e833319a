"""Operations of migrations that Django lacks."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState
from django.db.models import CheckConstraint


class ReplaceCheck(Operation):
    """Replace a CHECK by one of the same name, without checking existing rows. ValidateConstraint must follow.

    One statement, so that no row is ever written without a check, and so that a migration can run it again.
    """

    category = OperationCategory.ALTERATION

    def __init__(self, model_name: str, constraint: CheckConstraint) -> None:
        self.model_name = model_name
        self.constraint = constraint

    def describe(self) -> str:
        return f"Replace the constraint {self.constraint.name} of {self.model_name}"

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.remove_constraint(app_label, self.model_name.lower(), self.constraint.name)
        state.add_constraint(app_label, self.model_name.lower(), self.constraint)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        constraint = to_state.models[app_label, self.model_name.lower()].get_constraint_by_name(self.constraint.name)
        table, name = map(schema_editor.quote_name, (model._meta.db_table, constraint.name))
        replacement = constraint.constraint_sql(model, schema_editor)
        schema_editor.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD {replacement} NOT VALID",
            params=None,  # no parameters, so the constraint's percent signs need no escaping
        )

    # Backwards, `to_state` is the state before the operation, with the earlier constraint.
    database_backwards = database_forwards
