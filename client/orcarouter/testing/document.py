"""The OpenAPI document that the emulator implements."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from orcagen.mock.specification import Specification, load_specification

__all__ = ["list_models", "load_document"]


@cache
def load_document() -> Specification:
    """The OpenAPI document of the service, read once.

    Raises InputError if this package is incomplete.
    """
    # A wheel contains a copy next to this module; a checkout has the original in spec/.
    here = Path(__file__).resolve()
    packaged = here.with_name("openapi.yaml")
    return load_specification(
        str(packaged if packaged.exists() else here.parents[3] / "spec" / "openapi.yaml")
    )


def list_models(document: Specification) -> tuple[str, ...]:
    """The model names that the schemas of the submission body enumerate."""

    def resolve(schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    schemas = document.content["components"]["schemas"]
    names: dict[str, None] = {}  # a dict keeps the order
    for variant in schemas["VideoRequest"]["oneOf"]:
        model = resolve(resolve(variant)["properties"]["model"])
        for choice in [model, *model.get("anyOf", [])]:
            names |= dict.fromkeys(choice.get("enum", []))
    return tuple(names)
