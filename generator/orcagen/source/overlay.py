"""OpenAPI Overlay 1.0: actions on a document, applied before it is read."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, TypeAlias

from attrs import evolve

from orcagen.diagnostics import Diagnostics, InputError
from orcagen.source.loader import Source, load

Location: TypeAlias = tuple[str | int, ...]  # keys and indexes


def apply_file(source: Source, path: Path, diagnostics: Diagnostics) -> None:
    """Applies the overlay in a file to the document at the root of a source. Raises InputError."""
    overlay = load(str(path))
    source.files |= overlay.files  # where diagnostics about the overlay find their lines
    file = source.get(source.root)
    value = apply(file.value, overlay.get(overlay.root).value, overlay.root, diagnostics)
    source.files[source.root] = evolve(file, value=value)


def apply(document: Any, overlay: Any, file: str, diagnostics: Diagnostics) -> Any:
    """The document after the actions of an overlay; the given one is not modified. `file` is the overlay's name.

    A target that selects nothing is reported. Raises InputError if `overlay` is not an OpenAPI Overlay.
    """
    import jsonpath_rfc9535 as jsonpath

    actions = overlay.get("actions") if isinstance(overlay, dict) else None
    if not isinstance(actions, list) or not str(overlay.get("overlay", "")).startswith("1."):
        raise InputError(
            "is not an OpenAPI Overlay: it needs `overlay: 1.0.0` and a list of `actions`", file
        )
    root = {"": copy.deepcopy(document)}  # so that the document, too, is a value with a key
    for number, action in enumerate(actions, 1):
        target = action.get("target") if isinstance(action, dict) else None
        if not isinstance(target, str) or not ("update" in action or action.get("remove") is True):
            raise InputError(
                f"action {number} needs a `target` and `update` or `remove: true`", file
            )
        try:
            locations = [tuple(node.location) for node in jsonpath.find(target, root[""])]
        except jsonpath.JSONPathError as error:
            raise InputError(
                f"the target {target!r} of action {number} is not a JSONPath: {error}", file
            ) from error
        if not locations:
            message = f"the target {target!r} selects nothing"
            diagnostics.add("warning", file, f"/actions/{number - 1}", message, "no change made")
        for location in sorted(locations, key=_last_index_first, reverse=True):
            parent: Any = root
            *tokens, last = ("", *location)
            for token in tokens:
                parent = parent[token]
            if action.get("remove") is True:
                del parent[last]
                root.setdefault("", {})
            else:
                parent[last] = _merge(parent[last], action["update"], at_target=True)
    return root[""]


def _last_index_first(location: Location) -> tuple[tuple[str, int], ...]:
    """Sorts later items of an array before earlier ones, so that removing one does not move another target."""
    return tuple(("", t) if isinstance(t, int) else (t, 0) for t in location)


def _merge(value: Any, update: Any, *, at_target: bool) -> Any:
    """Objects are merged key by key, anything else is replaced (Overlay 1.0, section 4.4.3.1).

    An array that is the target gets one more item; inside an update, arrays are concatenated.
    """
    if isinstance(value, dict) and isinstance(update, dict):
        return value | {k: _merge(value.get(k), v, at_target=False) for k, v in update.items()}
    if isinstance(value, list) and (at_target or isinstance(update, list)):
        return [*value, *copy.deepcopy([update] if at_target else update)]
    return copy.deepcopy(update)
