"""Descriptions of the plan, taken apart again: the text, and the limits and the default at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import field, frozen

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LIMIT = rf"(?:{'|'.join((*_LOWER, *_UPPER, 'multipleOf', 'pattern', 'uniqueItems'))})="
_PARTS = re.compile(rf"(.*?) ?(?:\(({_LIMIT}.*?)\))? ?(?:Default: (.+)\.)?", re.DOTALL)
_DEPRECATED = re.compile(r"(?:^| )Deprecated\.(?= Set by the server\.| Never in an answer\.|$)")


@frozen
class About:
    """What is said about an argument or a field. `default` is Python text."""

    text: str
    deprecated: bool
    limits: dict[str, str] = field(factory=dict)
    default: str | None = None

    @classmethod
    def of(cls, description: str) -> About:
        found = _PARTS.fullmatch(description)
        assert found is not None  # every part of the pattern may be empty
        text, limits, default = found.groups()
        pairs = (
            (limit.partition("=") for limit in re.split(rf", (?={_LIMIT})", limits) if limits)
            if limits
            else ()
        )
        plain, times = _DEPRECATED.subn("", text)
        return cls(plain, times > 0, {name: value for name, _, value in pairs}, default)


@frozen
class LimitChange:
    """`tighter` says whether values that were within the limit may be outside; None where that cannot be told."""

    text: str
    tighter: bool | None


def limit_changes(old: About, new: About) -> Iterator[LimitChange]:
    for name in sorted(old.limits.keys() | new.limits.keys()):
        a, b = old.limits.get(name), new.limits.get(name)
        if a == b:
            continue
        if a is None:
            yield LimitChange(f"has the new limit `{name}={b}`", True)
        elif b is None:
            yield LimitChange(f"no longer has the limit `{name}={a}`", False)
        else:
            yield LimitChange(f"has the limit `{name}={b}`, formerly `{a}`", _tighter(name, a, b))


def _tighter(name: str, old: str, new: str) -> bool | None:
    try:
        a, b = float(old), float(new)
    except ValueError:
        return None
    if name in _LOWER:
        return b > a
    return b < a if name in _UPPER else None
