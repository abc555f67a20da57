"""Reads a document and counts its contents. `python -m benchmarks.reading SPEC` prints the counts as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


def load(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Reads `=` and dates as text, unlike YAML 1.1."""

    for tag in ("value", "timestamp"):
        Loader.add_constructor(
            f"tag:yaml.org,2002:{tag}", lambda loader, node: loader.construct_scalar(node)
        )
    return yaml.load(text, Loader)  # noqa: S506 - a safe loader by another name


def operations(document: Any) -> Iterator[tuple[str, str]]:
    """Path and method of each operation in the document itself, without those behind references."""
    for path, item in (document.get("paths") or {}).items():
        if isinstance(item, dict) and not str(path).startswith("x-"):
            yield from ((path, method) for method in METHODS if isinstance(item.get(method), dict))


def schemas(document: Any) -> dict[str, Any]:
    """The named schemas, of any version of OpenAPI."""
    named = document.get("definitions") or (document.get("components") or {}).get("schemas")
    return named if isinstance(named, dict) else {}


def main(path: str) -> None:
    document = load(Path(path))
    names = schemas(document)
    count = {
        "operations": sum(1 for _ in operations(document)),
        "schemas": len(names),
        "dotted": any("." in name for name in names),
    }
    json.dump(count, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
