"""The OpenAPI document that the emulator implements."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import attrs

from orcagen.mock.specification import load_specification

__all__ = ["Document", "load_document"]


@attrs.frozen
class Document:
    """The document, and where it is."""

    path: Path
    content: dict[str, Any]
    """The parsed document."""

    def operations(self) -> tuple[Any, ...]:
        """All operations, in the order of the document; each has `id`, `method` and `path`."""
        return load_specification(str(self.path)).document.operations

    def model_names(self) -> tuple[str, ...]:
        """The model names that the schemas of the submission body enumerate."""
        names: dict[str, None] = {}  # a dict keeps the order
        for variant in self.content["components"]["schemas"]["VideoRequest"]["oneOf"]:
            model = self._resolve(self._resolve(variant)["properties"]["model"])
            for choice in [model, *model.get("anyOf", [])]:
                names |= dict.fromkeys(choice.get("enum", []))
        return tuple(names)

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            target: Any = self.content
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        return schema


@cache
def load_document() -> Document:
    """The OpenAPI document of the service, parsed once.

    Raises InputError if this package is incomplete.
    """
    # A wheel contains a copy next to this module; a checkout has the original in spec/.
    here = Path(__file__).resolve()
    packaged = here.with_name("openapi.yaml")
    path = packaged if packaged.exists() else here.parents[3] / "spec" / "openapi.yaml"
    return Document(path, load_specification(str(path)).references.root().value)
