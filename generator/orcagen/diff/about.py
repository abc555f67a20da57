"""Descriptions of the plan, taken apart again: the text, and the limits and the default at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import field, frozen

from orcagen.diff.findings import Level

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LIMIT = rf"(?:{'|'.join((*_LOWER, *_UPPER, 'multipleOf', 'pattern', 'uniqueItems'))})="
_LIMITS = re.compile(rf"(?:^| )\((?={_LIMIT})")
_DEFAULT = "Default: "
_LONGEST = 60  # characters of a default; what is longer is prose
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
        text, default, limits = description, None, ""
        before, word, rest = text.rpartition(_DEFAULT)
        if word and rest.endswith(".") and len(rest) <= _LONGEST + 1:
            text, default = before.rstrip(), rest[:-1]
        if text.endswith(")") and (found := _LIMITS.search(text)):
            text, limits = text[: found.start()], text[found.end() : -1]
        pairs = [limit.partition("=") for limit in re.split(rf", (?={_LIMIT})", limits) if limit]
        plain, times = _DEPRECATED.subn("", text)
        return cls(plain, times > 0, {name: value for name, _, value in pairs}, default)


def description_changes(old: str, new: str, given: bool) -> Iterator[tuple[Level, str, str]]:
    """Level, kind and text of what changes. `given` says that callers give the value, so that its limits bind them."""
    a, b = About.of(old), About.of(new)
    for name in sorted(a.limits.keys() | b.limits.keys()):
        before, after = a.limits.get(name), b.limits.get(name)
        if before != after:
            tighter = _tighter(name, before, after) if given else None
            level: Level = "documentation"
            if tighter is not None:
                level = "breaking" if tighter else "additive"
            yield level, "limit", _limit_text(name, before, after)
    if a.default != b.default:
        if b.default is None:
            yield "documentation", "default", "has no default any more"
        else:
            formerly = f", formerly to `{a.default}`" if a.default else ""
            yield "documentation", "default", f"defaults to `{b.default}`{formerly}"
    if a.deprecated != b.deprecated:
        yield "documentation", "deprecated", f"is {'' if b.deprecated else 'no longer '}deprecated"
    if a.text != b.text:
        yield "documentation", "description", "has a new description"


def _limit_text(name: str, old: str | None, new: str | None) -> str:
    if old is None:
        return f"has the new limit `{name}={new}`"
    if new is None:
        return f"no longer has the limit `{name}={old}`"
    return f"has the limit `{name}={new}`, formerly `{old}`"


def _tighter(name: str, old: str | None, new: str | None) -> bool | None:
    """Whether values within the old limit may be outside the new one; None where that cannot be told."""
    if old is None or new is None:
        return old is None
    try:
        a, b = float(old), float(new)
    except ValueError:
        return None
    if name in _LOWER:
        return b > a
    return b < a if name in _UPPER else None
