"""The check of keys: which ones the table does not know, and which ones are not documented."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from orcarouter.capabilities.findings import Finding, Level
from orcarouter.capabilities.nearest import alike
from orcarouter.capabilities.paths import join, split
from orcarouter.capabilities.request import Request
from orcarouter.capabilities.values import show

if TYPE_CHECKING:
    from orcarouter_api.models import ParameterRule

__all__ = ["key_findings"]


def key_findings(request: Request) -> Iterator[Finding]:
    """Notes on keys that the table does not know or OrcaRouter does not document."""
    return _below(request, request.body, _Key.tree(request.entry.parameters), "")


def _below(request: Request, value: Any, node: _Key, path: str) -> Iterator[Finding]:
    if node.items is not None and isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _below(request, item, node.items, f"{path}[{index}]")
    for key, inner in value.items() if node.names and isinstance(value, Mapping) else ():
        here = join(path, str(key))
        child = node.names.get(key)
        if child is None:
            if here != "model":
                yield _unknown(request, node, path, str(key))
        elif child.undocumented is None:
            yield from _below(request, inner, child, here)
        elif inner is not None:
            message = "not documented by OrcaRouter; may be dropped or refused"
            yield Finding(here, message, "undocumented", "note", child.undocumented, inner)


def _unknown(request: Request, node: _Key, path: str, key: str) -> Finding:
    usable = {
        other: other.rpartition(".")[2]
        for other, rules in request.at.items()
        if all(rule.supported is not False and rule.documented is not False for rule in rules)
    }
    place = re.sub(r"\[\d+\]", "[]", path)
    near = alike(key, [name for name in node.names if join(place, name) in usable])
    elsewhere = [other for other, name in usable.items() if name == key and "[]" not in other]
    found = elsewhere[0] if elsewhere else near and join(path, near)
    message = f"not a known key of {request.entry.model}"
    # `metadata` is free-form by its documentation; what is beside it is not.
    level: Level = "note" if path else "warning"
    source = tuple(request.entry.source)
    here = join(path, key if key.isidentifier() else show(key))
    return Finding(here, message, "unknown-key", level, source, nearest=found)


@define
class _Key:
    """A place of a request: the keys below it, or the items of a list.

    Without either, nothing is known of what is inside.
    """

    names: dict[str, _Key] = field(factory=dict)
    items: _Key | None = None
    undocumented: tuple[str, ...] | None = None
    """The sources that know it, where OrcaRouter does not document it."""

    @classmethod
    def tree(cls, parameters: Iterable[ParameterRule]) -> _Key:
        root = cls()
        for rule in parameters:
            node = root
            for step in split(rule.path):
                if step == "[]":
                    node.items = node.items or cls()
                    node = node.items
                else:
                    node = node.names.setdefault(step, cls())
            # What must not be sent at all has a finding of its own.
            if rule.documented is False and rule.supported is not False:
                node.undocumented = tuple(rule.source)
        return root
