"""Generates shared_ledger/made/models.py from the OpenAPI document: `make client`."""

import json
import sys
from pathlib import Path
from typing import Any

from datamodel_code_generator import Formatter, InputFileType, PythonVersion, generate
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import DatetimeClassType

MODELS = Path(__file__).with_name("shared_ledger") / "made" / "models.py"
REQUEST = "ItemRequest"  # what all requests to post have


def models_of(document: dict[str, Any]) -> str:
    """Return the source of the module with the document's types."""
    schemas = _of_any_app(document["components"]["schemas"])
    made = generate(
        {**document, "paths": {}, "components": {"schemas": schemas}},
        input_file_type=InputFileType.OpenAPI,
        output_model_type=DataModelType.MsgspecStruct,
        output_datetime_class=DatetimeClassType.Datetime,
        target_python_version=PythonVersion.PY_311,
        model_name_map={name: name.removesuffix("Document").removesuffix("Request") for name in schemas},
        custom_file_header='"""The types of the API. Generated from its OpenAPI document by `make client`."""',
        disable_future_imports=True,
        keyword_only=True,
        use_annotated=True,
        use_schema_description=True,
        use_single_line_docstring=True,
        formatters=[Formatter.RUFF_CHECK, Formatter.RUFF_FORMAT],
    )
    assert isinstance(made, str)  # noqa: S101
    return f"{made.strip()}\n"


def _of_any_app(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas without the differences between apps, which are only in the operations of requests."""
    shared = {
        name: schema
        for name, schema in schemas.items()
        if not name.endswith(("Request", "Enum")) and "oneOf" not in schema  # each call knows which one it gets
    }
    requests = [_of_any_operation(schema) for name, schema in schemas.items() if name.endswith(REQUEST)]
    (request,) = {json.dumps(request): request for request in requests}.values()
    return shared | {REQUEST: request}


def _of_any_operation(request: dict[str, Any]) -> dict[str, Any]:
    operation = {"type": "string", "description": request["properties"]["operation"]["description"]}
    without_rules = {name: value for name, value in request.items() if name != "allOf"}
    return {**without_rules, "properties": {**request["properties"], "operation": operation}}


if __name__ == "__main__":
    MODELS.write_text(models_of(json.load(sys.stdin)))
