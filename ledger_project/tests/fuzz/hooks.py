"""What schemathesis has to know of this API beyond its OpenAPI documents."""

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Write whole numbers without a decimal point.

    To JSON Schema 5.0 is an integer, and no schema can say otherwise; the ledger refuses it, since credits are
    never floats (ledger_core/tests/api/test_bad_input.py).
    """
    match body:
        case float() if body.is_integer():
            return int(body)
        case dict():
            return {name: map_body(context, value) for name, value in body.items()}
        case list():
            return [map_body(context, value) for value in body]
    return body
