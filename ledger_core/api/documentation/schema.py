"""How drf-spectacular describes the views of an app's ledger."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample

from ledger_core.api.documentation import request_examples
from ledger_core.api.documentation.described import error_example, links_to
from ledger_core.api.problems.types import MEDIA_TYPE
from ledger_core.api.requests.types import BatchRequest, CaptureRequest, HoldRequest, PostRequest, ReleaseRequest
from ledger_core.errors import LedgerError
from ledger_core.operations import OperationSet
from ledger_core.plugins import ledger_apps
from ledger_core.values import EntryId, OwnerId

_IN_PATH = {"owner_id": OwnerId, "entry_id": EntryId, "hold_id": EntryId}
_EXAMPLES: Mapping[type[Any], Callable[[OperationSet[Any]], list[OpenApiExample]]] = {
    BatchRequest: request_examples.batch_examples,
    PostRequest: request_examples.post_examples,
    HoldRequest: request_examples.hold_examples,
    CaptureRequest: request_examples.capture_examples,
    ReleaseRequest: request_examples.release_examples,
}


class LedgerSchema(AutoSchema):
    """Describes a view: grouped by app, named by its class, with the operations and the errors of the app."""

    view: Any

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        for parameter in operation.get("parameters", ()) if operation else ():
            self._complete(parameter)
        if operation and self.method == "POST":
            for kind in self._errors_of_app():
                _add_error(operation["responses"], kind)
        return operation

    def _complete(self, parameter: dict[str, Any]) -> None:
        name = parameter["name"]
        if name in _IN_PATH:
            parameter["schema"] = msgspec.json.schema(_IN_PATH[name])
            parameter["description"] = parameter["schema"].pop("description")
            parameter["example"] = parameter["schema"]["examples"][0]  # Swagger's page fills it in
        if name == "hold_id":
            parameter["description"] = "The id of a hold."
            parameter["example"] = request_examples.hold_id(self.view.operations)
        if name == "operation":
            parameter["schema"]["enum"] = [operation.code for operation in self.view.operations]

    def _errors_of_app(self) -> list[type[LedgerError]]:
        """Return the errors that the app declares: its operations can raise them when they are posted."""
        return [kind for app in ledger_apps() if app.operations is self.view.operations for kind in app.errors]

    def get_tags(self) -> list[str]:
        return [self.view.operations.app]

    def get_operation_id(self) -> str:
        name = type(self.view).__name__.removesuffix("View").lower()
        return f"{self.view.operations.app}_{name}"

    # The docstring of a method has a summary and, after a blank line, the description.
    def get_summary(self) -> str:
        return self._docstring()[0]

    def get_description(self) -> str:  # type: ignore[override]
        return self._docstring()[1]

    def _docstring(self) -> list[str]:
        return [part.strip() for part in super().get_description().partition("\n")[::2]]

    def get_examples(self) -> list[OpenApiExample]:
        request: Any = self.get_request_serializer()
        return _EXAMPLES[request](self.view.operations) if request in _EXAMPLES else []


def _add_error(responses: dict[str, Any], kind: type[LedgerError]) -> None:
    """Add an error to the responses of an operation, as `described` does for the errors of the core."""
    status = str(kind.status)
    any_error = responses.get("401")  # every operation that `described` describes has it
    if any_error is None:
        return
    if status not in responses:
        content = {MEDIA_TYPE: any_error["content"][MEDIA_TYPE] | {"examples": {}}}
        responses[status] = any_error | {"content": content, "description": ""}
    response, example = responses[status], error_example(kind)
    described_as = [response["description"], links_to((kind,))]
    response["description"] = " / ".join(part for part in described_as if part)
    response["content"][MEDIA_TYPE]["examples"][kind.code] = {"value": example.value, "summary": example.summary}
