"""Paths of the capability table, such as `metadata.image_list[].type`, and the values they select in a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from orcarouter.capabilities.json_values import contains, format_value

if TYPE_CHECKING:
    from orcarouter_api import Unset
    from orcarouter_api.models import ItemFilter

__all__ = ["Match", "is_empty", "join_path", "select", "split_path"]


@frozen
class Match:
    """A value that a path selects in a request."""

    path: str
    """Where it is, with indexes: `metadata.image_list[1].type`."""
    value: Any = None
    index: int = 0
    """Its index in the innermost list of the path."""
    is_default: bool = False
    """Whether the request does not contain the value, and it is the server's default."""

    def __str__(self) -> str:
        return format_value(self.value) + (" (the default)" if self.is_default else "")


def split_path(path: str) -> list[str]:
    """The keys of a path; `[]` stands for every item of a list."""
    return path.replace("[]", ".[]").split(".")


def select(
    root: Any, path: str, where: Sequence[ItemFilter] | Unset = (), *, include_empty: bool = False
) -> list[Match]:
    """The values at a path, in the order of the request.

    `where` filters the items of the last list on the path. Missing keys select nothing; null and empty lists
    are left out unless `include_empty`.
    """
    steps = split_path(path)
    last_list = max((index for index, step in enumerate(steps) if step == "[]"), default=-1)
    matches = [Match("", root)]
    for index, step in enumerate(steps):
        children: list[Match] = []
        for match in matches:
            if step == "[]":
                items = match.value if isinstance(match.value, list | tuple) else ()
                children += [Match(f"{match.path}[{i}]", item, i) for i, item in enumerate(items)]
            elif isinstance(match.value, Mapping) and step in match.value:
                child_path = join_path(match.path, step)
                children.append(Match(child_path, match.value[step], match.index))
        if index == last_list and where:
            children = [match for match in children if _meets_filters(match.value, where)]
        matches = children
    return [match for match in matches if include_empty or not is_empty(match.value)]


def is_empty(value: Any) -> bool:
    """Whether the service treats a value as if it had not been sent: null and the empty list."""
    return value is None or value == []


def join_path(path: str, key: str) -> str:
    """The path of a key in the object at `path`."""
    return f"{path}.{key}" if path else key


def _meets_filters(item: Any, filters: Sequence[ItemFilter]) -> bool:
    if not isinstance(item, Mapping):
        return False
    for item_filter in filters:
        value = item.get(item_filter.key)
        if value is None:
            accepted = bool(item_filter.or_absent)
        else:
            accepted = contains(item_filter.values, value)
        if not accepted:
            return False
    return True
