"""The generated types are up to date with the OpenAPI document."""

from typing import Any

from make_models import MODELS, models_of


def test_the_types_are_those_of_the_present_api(document: dict[str, Any]) -> None:
    assert MODELS.read_text() == models_of(document), "The API has changed: make client"
