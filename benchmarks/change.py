"""A document with three small changes: `python -m benchmarks.change SPEC OUT`.

One operation has another description, one a further query parameter, and one schema a further property.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.reading import load, operations, schemas


def change(document: dict[str, Any]) -> None:
    """Makes the changes in place. The places are a third, a half and two thirds of the way through the document."""
    places = list(operations(document))
    path, method = places[len(places) // 3]
    document["paths"][path][method]["description"] = "Describes the same in other words."
    path, method = places[len(places) // 2]
    added = {"name": "added_by_benchmark", "in": "query"}
    plain = {"type": "string"} if document.get("swagger") else {"schema": {"type": "string"}}
    document["paths"][path][method].setdefault("parameters", []).append({**added, **plain})
    objects = [s for s in schemas(document).values() if isinstance(s, dict) and s.get("properties")]
    objects[len(objects) * 2 // 3]["properties"]["added_by_benchmark"] = {"type": "string"}


def main(spec: str, out: str) -> None:
    document = load(Path(spec))
    change(document)
    Path(out).write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
