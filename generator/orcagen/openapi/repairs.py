"""The repairs of diagnostics as an OpenAPI Overlay that fixes the document itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

from orcagen.diagnostics import Diagnostic
from orcagen.pointers import tokens

Path: TypeAlias = tuple[str | int, ...]


def actions(diagnostics: Iterable[Diagnostic], root: Any) -> list[dict[str, Any]]:
    """The actions of an Overlay for all repairs of some diagnostics; `root` is the content of the document.

    Updates come first; then removals, later array items before earlier ones, so that no action moves another's target.
    """
    repairs = [(_locate(r.pointer, root), r.update) for d in diagnostics for r in d.repairs]
    removed = {path for path, update in repairs if path and update is None}

    def has_removed_parent(path: Path) -> bool:
        return any(path[:n] in removed for n in range(len(path)))

    # Keyed by their text, because several diagnostics may suggest the same update.
    updates: dict[str, dict[str, Any]] = {}
    for path, update in repairs:
        if path is None or update is None or path in removed or has_removed_parent(path):
            continue
        action = {"target": json_path(path), "update": update}
        updates[json.dumps(action, default=str)] = action
    removals = [path for path in removed if not has_removed_parent(path)]
    removals.sort(key=_indexes_first, reverse=True)
    return [*updates.values(), *({"target": json_path(p), "remove": True} for p in removals)]


def overlay(title: str, actions: list[dict[str, Any]]) -> dict[str, Any]:
    """The Overlay document with some actions. `title` is the name of the document that they fix."""
    info = {"title": f"Fixes for {title}", "version": "1"}
    return {"overlay": "1.0.0", "info": info, "actions": actions}


def _locate(pointer: str, root: Any) -> Path | None:
    """The keys and indexes of a pointer; None where it is not in the document (the schema made for a form of 2.0)."""
    out: list[str | int] = []
    value = root
    for token in tokens(pointer):
        key = int(token) if isinstance(value, list) and token.isdigit() else token
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
        out.append(key)
    return tuple(out)


def _indexes_first(path: Path) -> list[tuple[int, str]]:
    return [(t, "") if isinstance(t, int) else (0, t) for t in path]


def json_path(path: Path) -> str:
    """A normalized path (RFC 9535, section 2.7)."""
    escaped = (t if isinstance(t, int) else f"'{t.translate(_ESCAPES)}'" for t in path)
    return "$" + "".join(f"[{t}]" for t in escaped)


_ESCAPES = {i: f"\\u{i:04x}" for i in range(32)} | str.maketrans({
    "'": "\\'", "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
})  # fmt: skip
