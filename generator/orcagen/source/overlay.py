"""OpenAPI Overlay 1.0: actions on a document before it is read."""

from __future__ import annotations

import copy
from typing import Any

from orcagen.diagnostics import Diagnostics, InputError


def apply(document: Any, overlay: Any, file: str, found: Diagnostics) -> Any:
    """The document after the actions of an overlay; the given one stays as it is. `file` is the overlay's name.

    A target that selects nothing is a finding. Raises InputError for what is no overlay.
    """
    import jsonpath_rfc9535 as jsonpath

    actions = overlay.get("actions") if isinstance(overlay, dict) else None
    if not isinstance(actions, list) or not str(overlay.get("overlay", "")).startswith("1."):
        raise InputError(
            "is no OpenAPI Overlay: it needs `overlay: 1.0.0` and a list of `actions`", file
        )
    document = copy.deepcopy(document)
    for number, action in enumerate(actions, 1):
        target = action.get("target") if isinstance(action, dict) else None
        if not isinstance(target, str) or not ("update" in action or action.get("remove") is True):
            raise InputError(
                f"action {number} needs a `target` and `update` or `remove: true`", file
            )
        try:
            places = [tuple(node.location) for node in jsonpath.find(target, document)]
        except jsonpath.JSONPathError as error:
            raise InputError(
                f"the target {target!r} of action {number} is no JSONPath: {error}", file
            ) from error
        if not places:
            message = f"the target {target!r} selects nothing"
            found.add("warning", file, f"/actions/{number - 1}", message, "nothing changed")
        for place in sorted(places, key=_last_first, reverse=True):
            if action.get("remove") is True:
                document = _removed(document, place)
            else:
                document = _updated(document, place, action["update"])
    return document


def _last_first(place: tuple[str | int, ...]) -> tuple[tuple[str, int], ...]:
    """Later items of a list before earlier ones, so that removing one moves none that is still to come."""
    return tuple(("", t) if isinstance(t, int) else (t, 0) for t in place)


def _removed(document: Any, place: tuple[str | int, ...]) -> Any:
    if not place:
        return {}
    del _at(document, place[:-1])[place[-1]]
    return document


def _updated(document: Any, place: tuple[str | int, ...], update: Any) -> Any:
    value = _merged(_at(document, place), update)
    if not place:
        return value
    _at(document, place[:-1])[place[-1]] = value
    return document


def _at(document: Any, place: tuple[str | int, ...]) -> Any:
    for token in place:
        document = document[token]
    return document


def _merged(value: Any, update: Any) -> Any:
    """Objects are merged key by key, a list gets one more item, all else is replaced (Overlay 1.0, section 4.4.3.1)."""
    if isinstance(value, dict) and isinstance(update, dict):
        merged = dict(value)
        for key, item in update.items():
            merged[key] = (
                _merged_property(value[key], item) if key in value else copy.deepcopy(item)
            )
        return merged
    if isinstance(value, list):
        return [*value, copy.deepcopy(update)]
    return copy.deepcopy(update)


def _merged_property(value: Any, update: Any) -> Any:
    """Inside an update, lists are joined."""
    if isinstance(value, list) and isinstance(update, list):
        return [*value, *copy.deepcopy(update)]
    if isinstance(value, dict) and isinstance(update, dict):
        return _merged(value, update)
    return copy.deepcopy(update)
