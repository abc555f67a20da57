"""OpenAPI Overlay 1.0 and 1.1: actions on a document, applied before it is read."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, Literal, TypeAlias

from attrs import evolve

from orcagen.diagnostics import Diagnostics, InputError
from orcagen.source.loader import Source, load

Location: TypeAlias = tuple[str | int, ...]  # keys and indexes
Version: TypeAlias = Literal["1.0", "1.1"]

_ABSENT = object()
_REMEDY = "correct the action, or remove the value in an action before it"
_NEEDS = "needs a `target` and one of `copy` (Overlay 1.1), `update` or `remove: true`"


class _ActionError(Exception):
    """An action cannot be applied; the text says why, without its number and target."""


def apply_file(source: Source, path: Path, diagnostics: Diagnostics) -> None:
    """Applies the overlay in a file to the document at the root of a source. Raises InputError."""
    overlay = load(str(path))
    source.files |= overlay.files  # where diagnostics about the overlay find their lines
    file = source.get(source.root)
    value = apply(file.value, overlay.get(overlay.root).value, overlay.root, diagnostics)
    source.files[source.root] = evolve(file, value=value)


def apply(document: Any, overlay: Any, file: str, diagnostics: Diagnostics) -> Any:
    """The document after the actions of an overlay; the given one is not modified. `file` is the overlay's name.

    A target that selects nothing is reported. Raises InputError if `overlay` is not an OpenAPI Overlay of a version that
    is supported, or if an action cannot be applied.
    """
    actions = overlay.get("actions") if isinstance(overlay, dict) else None
    if not isinstance(actions, list) or "overlay" not in overlay:
        raise InputError(
            "is not an OpenAPI Overlay: it needs `overlay: 1.0.0` and a list of `actions`", file
        )
    version = _read_version(overlay["overlay"], file)
    root = {"": copy.deepcopy(document)}  # so that the document, too, is a value with a key
    for index, action in enumerate(actions):
        pointer = f"/actions/{index}"
        try:
            _apply_action(root, action, version, file, pointer, diagnostics)
        except _ActionError as error:
            target = action.get("target") if isinstance(action, dict) else None
            of_target = f" (target {target!r})" if target else ""
            line = diagnostics.find_lines(file, [pointer]).get(pointer)
            message = f"action {index + 1}{of_target} {error}"
            raise InputError(message, file, line) from None
    return root[""]


def _read_version(value: Any, file: str) -> Version:
    """The feature set; the patch version means nothing (Overlay 1.1, Versions)."""
    match = re.fullmatch(r"(1\.[01])(\.\d+.*)?", str(value))
    if match is None:
        message = f"is OpenAPI Overlay {str(value)!r}; versions 1.0 and 1.1 are supported"
        raise InputError(message, file)
    return "1.0" if match[1] == "1.0" else "1.1"


def _apply_action(
    root: dict[str, Any],
    action: Any,
    version: Version,
    file: str,
    pointer: str,
    diagnostics: Diagnostics,
) -> None:
    """Applies one action (Action Object). `remove` comes before `copy`, and `copy` before `update`."""
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        raise _ActionError(_NEEDS)
    target = action["target"]
    locations = _select(root[""], target)
    if not locations:
        message = f"the target {target!r} selects nothing"
        diagnostics.add("warning", file, pointer, message, "no change made")
    locations.sort(key=_last_index_first, reverse=True)
    if action.get("remove") is True:
        for location in locations:
            parent, key = _find_parent(root, location)
            del parent[key]
            root.setdefault("", {})
        return
    if version == "1.1" and isinstance(action.get("copy"), str):
        update = _read_copied(root[""], action["copy"]) if locations else None
    elif "update" in action:
        update = action["update"]
    elif "copy" in action and version == "1.0":
        raise _ActionError("has `copy`, a field of Overlay 1.1; declare `overlay: 1.1.0`")
    else:
        raise _ActionError(_NEEDS)
    places = [_find_parent(root, location) for location in locations]
    kinds = {_describe_kind(parent[key]) for parent, key in places}
    if version == "1.1" and len(kinds) > 1:
        raise _ActionError(
            f"selects {' and '.join(sorted(kinds))}; give each kind an action of its own"
        )
    if version == "1.0" and kinds and not kinds <= {"an object", "an array"}:
        message = f"the target {target!r} selects a primitive value, which Overlay 1.0 does not allow for `update`"
        diagnostics.add("warning", file, pointer, message, "value replaced, as in Overlay 1.1")
    for (parent, key), location in zip(places, locations, strict=True):
        parent[key] = _update_target(parent[key], update, version, location)


def _select(document: Any, expression: str) -> list[Location]:
    """The nodes that a JSONPath selects, each once: a query may list a node several times (RFC 9535, section 2.1.2)."""
    import jsonpath_rfc9535 as jsonpath

    try:
        nodes = jsonpath.find(expression, document)
    except jsonpath.JSONPathError as error:
        raise _ActionError(f"has {expression!r}, which is not a JSONPath: {error}") from None
    return list(dict.fromkeys(tuple(node.location) for node in nodes))


def _read_copied(document: Any, expression: str) -> Any:
    """The node that `copy` selects, as it is before the action."""
    locations = _select(document, expression)
    if len(locations) != 1:
        raise _ActionError(
            f"copies {expression!r}, which selects {len(locations)} nodes; it must select one"
        )
    parent, key = _find_parent({"": document}, locations[0])
    return copy.deepcopy(parent[key])


def _find_parent(root: dict[str, Any], location: Location) -> tuple[Any, str | int]:
    parent: Any = root
    *tokens, last = ("", *location)
    for token in tokens:
        parent = parent[token]
    return parent, last


def _last_index_first(location: Location) -> tuple[tuple[str, int], ...]:
    """Sorts later items of an array before earlier ones, so that removing one does not move another target."""
    return tuple(("", t) if isinstance(t, int) else (t, 0) for t in location)


def _update_target(value: Any, update: Any, version: Version, location: Location) -> Any:
    """The value of a target after an update. One entry is appended to an array; in Overlay 1.1, an array is concatenated."""
    if isinstance(value, list):
        is_concatenated = version == "1.1" and isinstance(update, list)
        return [*value, *copy.deepcopy(update if is_concatenated else [update])]
    if isinstance(value, dict) != isinstance(update, dict) or (
        version == "1.1" and isinstance(update, list)
    ):
        raise _make_error(value, update, location)
    return _merge(value, update, version, location)


def _merge(value: Any, update: Any, version: Version, location: Location) -> Any:
    """Objects are merged key by key, arrays concatenated, primitive values replaced.

    Overlay 1.0 does not say what any other combination gives: the update replaces the value. In 1.1 it is an error.
    """
    if value is _ABSENT:
        return copy.deepcopy(update)
    if isinstance(value, dict) and isinstance(update, dict):
        return value | {
            k: _merge(value.get(k, _ABSENT), v, version, (*location, k)) for k, v in update.items()
        }
    if isinstance(value, list) and isinstance(update, list):
        return [*value, *copy.deepcopy(update)]
    if version == "1.1" and _describe_kind(value) != _describe_kind(update):
        raise _make_error(value, update, location)
    return copy.deepcopy(update)


def _make_error(value: Any, update: Any, location: Location) -> _ActionError:
    path = "".join(f"[{t}]" if isinstance(t, int) else f"[{t!r}]" for t in location)
    kinds = f"{_describe_kind(update)} into {_describe_kind(value)}"
    return _ActionError(f"merges {kinds} at ${path}; {_REMEDY}")


def _describe_kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else "a primitive value"
