"""The values of a request at a path of the table, such as `metadata.image_list[].type`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from orcarouter.capabilities.values import among, show

if TYPE_CHECKING:
    from orcarouter_api import Unset
    from orcarouter_api.models import ItemFilter

__all__ = ["Hit", "join", "nothing", "select", "split"]


@frozen
class Hit:
    """A value that a path selects, where it stands, and its place in the innermost list."""

    path: str
    value: Any = None
    position: int = 0
    default: bool = False
    """Whether the value is not in the request, but the server's default."""

    def __str__(self) -> str:
        return show(self.value) + (" (the default)" if self.default else "")


def split(path: str) -> list[str]:
    """The names of a path, `[]` for every item of a list."""
    return path.replace("[]", ".[]").split(".")


def select(
    root: Any, path: str, where: Sequence[ItemFilter] | Unset = (), *, empty: bool = False
) -> list[Hit]:
    """The values at a path; `where` restricts the items of the last list.

    Missing keys give nothing, nor do null and empty lists unless asked for.
    """
    steps = split(path)
    last = max((index for index, step in enumerate(steps) if step == "[]"), default=-1)
    hits = [Hit("", root)]
    for index, step in enumerate(steps):
        following: list[Hit] = []
        for hit in hits:
            if step == "[]":
                items = hit.value if isinstance(hit.value, list | tuple) else ()
                following += [Hit(f"{hit.path}[{i}]", item, i) for i, item in enumerate(items)]
            elif isinstance(hit.value, Mapping) and step in hit.value:
                following.append(Hit(join(hit.path, step), hit.value[step], hit.position))
        if index == last and where:
            following = [hit for hit in following if _passes(hit.value, where)]
        hits = following
    return [hit for hit in hits if empty or not nothing(hit.value)]


def nothing(value: Any) -> bool:
    """Whether sending a value is like sending none."""
    return value is None or value == []


def join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _passes(item: Any, where: Sequence[ItemFilter]) -> bool:
    """Whether a list's item meets every filter."""
    if not isinstance(item, Mapping):
        return False
    for test in where:
        value = item.get(test.key)
        if not (bool(test.or_absent) if value is None else among(value, test.values)):
            return False
    return True
