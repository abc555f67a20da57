"""Part of a document, to measure growth: `python -m benchmarks.cut SPEC OUT SHARE`.

The part holds paths (and webhooks) at regular intervals and the components that they refer to, about SHARE of the
document's bytes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.reading import load

_LISTS = ("paths", "webhooks", "x-webhooks")


def cut(document: dict[str, Any], share: float) -> dict[str, Any]:
    """A document with `share` of the bytes, as nearly as whole paths allow."""
    whole = _size(document)
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        if _size(_select_paths(document, middle)) > share * whole:
            high = middle
        else:
            low = middle
    return _select_paths(document, low)


def _select_paths(document: dict[str, Any], part: float) -> dict[str, Any]:
    out = {k: v for k, v in document.items() if k not in (*_LISTS, "components")}
    for name in _LISTS:
        if isinstance(entries := document.get(name), dict):
            count = max(1, round(part * len(entries)))
            step = len(entries) / count
            keys = list(entries)
            out[name] = {keys[int(i * step)]: entries[keys[int(i * step)]] for i in range(count)}
    out["components"] = _referenced_components(document, out)
    return out


def _referenced_components(document: dict[str, Any], start: dict[str, Any]) -> dict[str, Any]:
    """The components that `start` refers to, directly or not, and all security schemes, which are referred to by name."""
    components = document.get("components") or {}
    selected: set[tuple[str, str]] = set()
    waiting: list[Any] = [start]
    while waiting:
        for reference in set(_references(waiting.pop())) - selected:
            kind, name = reference
            if name in components.get(kind, {}):
                selected.add(reference)
                waiting.append(components[kind][name])
    return {
        kind: {
            name: value
            for name, value in entries.items()
            if kind == "securitySchemes" or (kind, name) in selected
        }
        for kind, entries in components.items()
        if isinstance(entries, dict)
    }


def _references(value: Any) -> Iterator[tuple[str, str]]:
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack += value.values()
        elif isinstance(value, list):
            stack += value
        elif isinstance(value, str) and value.startswith("#/components/"):
            kind, _, rest = value.removeprefix("#/components/").partition("/")
            yield kind, rest.partition("/")[0].replace("~1", "/").replace("~0", "~")


def _size(value: Any) -> int:
    return len(json.dumps(value))


def main(spec: str, out: str, share: str) -> None:
    document = load(Path(spec))
    indent = 2 if Path(spec).read_bytes()[:40].count(b"\n") else None
    text = json.dumps(cut(document, float(share)), indent=indent, ensure_ascii=False)
    Path(out).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:4])
