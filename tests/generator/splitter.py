"""Splits a document into files, as people do who keep large ones: a file for each component and for each path.

`python splitter.py DOCUMENT FOLDER LAYOUT` writes the files; the document itself is `openapi.json` there.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

Place: TypeAlias = tuple[str, str]  # the kind and the name of a component, or "paths" and the path

_KINDS = ("schemas", "responses", "parameters", "requestBodies", "headers")


def _in_folders(place: Place) -> str:
    """`components/schemas/Pet.json`, `paths/pets_{id}.json`."""
    kind, name = place
    folder = kind if kind == "paths" else f"components/{kind}"
    return f"{folder}/{_to_file_name(name)}.json"


def _in_nested_folders(place: Place) -> str:
    """`api/pets/{id}/index.json`, `models/p/Pet.json`, `shared/responses/NotFound.json`."""
    kind, name = place
    if kind == "paths":
        return f"api/{posixpath.normpath(_to_file_name(name, '/')).strip('/')}/index.json"
    if kind == "schemas":
        return f"models/{_to_file_name(name)[:1].lower()}/{_to_file_name(name)}.json"
    return f"shared/{kind}/{_to_file_name(name)}.json"


LAYOUTS: dict[str, Callable[[Place], str]] = {
    "folders": _in_folders,
    "nested": _in_nested_folders,
}


def split(document: Mapping[str, Any], layout: str) -> dict[str, Any]:
    """The files of a document by their paths; the document itself is `openapi.json`."""
    is_old = "swagger" in document
    components = document if is_old else document.get("components", {})
    keys = {"schemas": "definitions"} if is_old else {}
    maps = {
        kind: components[keys.get(kind, kind)]
        for kind in _KINDS
        if isinstance(components.get(keys.get(kind, kind)), dict)
    }
    places = {(kind, name): value for kind, items in maps.items() for name, value in items.items()}
    paths = {("paths", p): v for p, v in document["paths"].items() if p.startswith("/")}
    files = _assign_files({**places, **paths}, LAYOUTS[layout])
    prefix = "#/" if is_old else "#/components/"
    targets = {
        f"{prefix}{keys.get(kind, kind)}/{name.replace('~', '~0').replace('/', '~1')}": files[
            kind, name
        ]
        for kind, name in places
    }

    def rewrite(value: Any, file: str) -> Any:
        if isinstance(value, list):
            return [rewrite(v, file) for v in value]
        if not isinstance(value, dict):
            return value
        out = {k: rewrite(v, file) for k, v in value.items()}
        if isinstance(value.get("$ref"), str):
            out["$ref"] = _relocate(value["$ref"], file, targets)
        mapping = value.get("mapping")
        if isinstance(mapping, dict) and "propertyName" in value:
            out["mapping"] = {
                k: _relocate(v, file, targets) if isinstance(v, str) and v.startswith("#") else v
                for k, v in mapping.items()
            }
        return out

    out = {
        files[place]: rewrite(value, files[place]) for place, value in {**places, **paths}.items()
    }
    whole = rewrite(dict(document), "openapi.json")
    inner = whole if is_old else whole.get("components", {})
    for kind, name in places:
        reference = {"$ref": quote(files[kind, name])}
        inner[keys.get(kind, kind)][name] = reference
    for place in paths:
        whole["paths"][place[1]] = {"$ref": quote(files[place])}
    return {"openapi.json": whole, **out}


def write(files: Mapping[str, Any], folder: Path) -> Path:
    """Writes files under a folder. Returns the path of the document."""
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    return folder / "openapi.json"


def _relocate(reference: str, file: str, targets: Mapping[str, str]) -> str:
    """A reference into the document as one from a file."""
    if not reference.startswith("#"):
        return reference
    parts = reference.split("/")
    for length in range(len(parts), 1, -1):
        target = targets.get("/".join(parts[:length]))
        if target is not None:
            path = posixpath.relpath(target, posixpath.dirname(file) or ".")
            rest = "/".join(["", *parts[length:]]) if length < len(parts) else ""
            return quote(path) + (f"#{rest}" if rest else "")
    return quote(posixpath.relpath("openapi.json", posixpath.dirname(file) or ".")) + reference


def _assign_files(places: Mapping[Place, Any], layout: Callable[[Place], str]) -> dict[Place, str]:
    """A file for each place: names that differ in case or signs only get a number."""
    taken: dict[str, int] = {}
    out = {}
    for place in places:
        file = layout(place)
        count = taken[file.lower()] = taken.get(file.lower(), 0) + 1
        out[place] = file if count == 1 else file.replace(".json", f"_{count}.json")
    return out


def _to_file_name(name: str, keep: str = "") -> str:
    name = re.sub(rf"[^\w{{}}.+ {keep}-]+", "_", name.strip("/")) or "_"
    return name[:100] if name.strip(".") else "dot"


if __name__ == "__main__":
    source, folder, layout = sys.argv[1:]
    text = Path(source).read_text(encoding="utf-8")
    if source.endswith(".json"):
        content = json.loads(text)
    else:
        from orcagen.source import yaml_reader

        content = yaml_reader.read(text, source)
    print(write(split(content, layout), Path(folder)))
