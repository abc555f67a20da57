"""The check of keys: those that the table does not know, and those that OrcaRouter does not document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field

from orcarouter.capabilities.context import CheckContext
from orcarouter.capabilities.json_values import format_value
from orcarouter.capabilities.paths import join_path, split_path
from orcarouter.capabilities.suggestions import find_similar_name
from orcarouter.capabilities.violations import Level, Violation

if TYPE_CHECKING:
    from orcarouter_api.models import ParameterRule

__all__ = ["check_keys"]


def check_keys(context: CheckContext) -> Iterator[Violation]:
    """Violations by keys that the table does not know or OrcaRouter does not document."""
    known_keys = _KeyNode.build_tree(context.entry.parameters)
    return _check_children(context, context.body, known_keys, "")


def _check_children(
    context: CheckContext, value: Any, node: _KeyNode, path: str
) -> Iterator[Violation]:
    if node.items is not None and isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _check_children(context, item, node.items, f"{path}[{index}]")
    for key, child_value in value.items() if node.keys and isinstance(value, Mapping) else ():
        child_path = join_path(path, str(key))
        child = node.keys.get(key)
        if child is None:
            if child_path != "model":  # every request has it, and no rule of the table limits it
                yield _unknown_key(context, node, path, str(key))
        elif child.undocumented is None:
            yield from _check_children(context, child_value, child, child_path)
        elif child_value is not None:
            yield Violation(
                path=child_path,
                message="not documented by OrcaRouter; may be dropped or rejected",
                rule="undocumented",
                level="note",
                source=child.undocumented,
                value=child_value,
            )


def _unknown_key(context: CheckContext, node: _KeyNode, path: str, key: str) -> Violation:
    # Only keys that the model supports are worth suggesting.
    supported = {
        rule_path: rule_path.rpartition(".")[2]
        for rule_path, rules in context.rules_by_path.items()
        if all(rule.supported is not False and rule.documented is not False for rule in rules)
    }
    parent = re.sub(r"\[\d+\]", "[]", path)
    siblings = [name for name in node.keys if join_path(parent, name) in supported]
    similar = find_similar_name(key, siblings)
    elsewhere = [other for other, name in supported.items() if name == key and "[]" not in other]
    # First choice: the same key at another place, such as `duration` at the top level and not in `metadata`.
    suggestion = elsewhere[0] if elsewhere else similar and join_path(path, similar)
    # `metadata` is documented as free-form; the top level is not. But a key with a suggestion is most
    # likely a mistake, which the service would ignore: the video would be another one.
    level: Level = "error" if suggestion is not None else "note" if path else "warning"
    return Violation(
        path=join_path(path, key if key.isidentifier() else format_value(key)),
        message=f"not a known key of {context.entry.model}",
        rule="unknown-key",
        level=level,
        source=tuple(context.entry.source),
        suggestion=suggestion,
    )


@define
class _KeyNode:
    """A place in a request that the table knows: an object by its keys, a list by its items.

    With neither, the table does not describe the content, and nothing in it is checked.
    """

    keys: dict[str, _KeyNode] = field(factory=dict)
    items: _KeyNode | None = None
    undocumented: tuple[str, ...] | None = None
    """For a key that OrcaRouter does not document: the sources that do."""

    @classmethod
    def build_tree(cls, parameters: Iterable[ParameterRule]) -> _KeyNode:
        root = cls()
        for rule in parameters:
            node = root
            for step in split_path(rule.path):
                if step == "[]":
                    node.items = node.items or cls()
                    node = node.items
                else:
                    node = node.keys.setdefault(step, cls())
            # An unsupported parameter is reported by its own rule.
            if rule.documented is False and rule.supported is not False:
                node.undocumented = tuple(rule.source)
        return root
