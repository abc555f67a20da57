"""What the documentation of an argument or a field says: its limits, its default, its deprecation, its description."""

from __future__ import annotations

from typing import Any

from orcagen.diff.changes import Level
from orcagen.diff.collector import Reporter
from orcagen.plan.model import Argument, Documentation, Field
from orcagen.plan.text import one_line
from orcagen.render.literals import literal

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_MAX_TEXT = 60  # characters of a default in a message


def compare_documentation(
    report: Reporter, kind: str, x: Argument | Field, y: Argument | Field, *, as_input: bool
) -> None:
    """Adds the changes of the documentation of an argument or a field; `kind` is the first part of the rules.

    For values that callers pass, a tighter limit is breaking. For values that they only receive, limits are documentation.
    """
    old, new = x.documentation, y.documentation
    if old.constraints or new.constraints:
        before, after = _read_limits(old), _read_limits(new)
        for keyword in before.keys() | after.keys():
            a, b = before.get(keyword), after.get(keyword)
            if not values_equal(a, b):
                level = _rate_limit(keyword, a, b) if as_input else "documentation"
                report.add(level, f"{kind}-limit", _describe_limit(keyword, a, b), x.name)
    if not values_equal(old.default, new.default):
        predicate = _describe_default(old.default, new.default)
        report.add("documentation", f"{kind}-default", predicate, x.name)
    if old.deprecated != new.deprecated:
        predicate = describe_deprecation(new.deprecated)
        report.add("documentation", f"{kind}-deprecated", predicate, x.name)
    parts = _describing_parts(old), _describing_parts(new)
    report.add_description(f"{kind}-description", *parts, x.name)


def describe_deprecation(is_deprecated: bool) -> str:
    return "is deprecated" if is_deprecated else "is no longer deprecated"


def values_equal(a: Any, b: Any) -> bool:
    """Equality of JSON values: unlike in Python, true is not 1, at any depth."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(values_equal(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(values_equal, a, b))
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _describing_parts(d: Documentation) -> tuple[Any, ...]:
    value_names = {(literal(value), name) for value, name in d.value_names}
    return d.text, d.read_only, d.write_only, value_names


def _read_limits(d: Documentation) -> dict[str, Any]:
    """The constraints by keyword. `uniqueItems: false` and the like limit nothing."""
    limits = {c.keyword: c.value for c in d.constraints}
    return {keyword: v for keyword, v in limits.items() if v is not None and v is not False}


def _rate_limit(keyword: str, old: Any, new: Any) -> Level:
    """Breaking if a value within the old limit may be outside the new one."""
    if old is None or new is None:
        return "breaking" if old is None else "additive"
    numbers = [v for v in (old, new) if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) < 2 or keyword not in (*_LOWER, *_UPPER):
        return "documentation"  # cannot be told, for example from two patterns
    return "breaking" if (new > old) == (keyword in _LOWER) else "additive"


def _describe_limit(keyword: str, old: Any, new: Any) -> str:
    if old is None:
        return f"has the new limit `{keyword}={_format_limit(new)}`"
    if new is None:
        return f"no longer has the limit `{keyword}={_format_limit(old)}`"
    return f"has the limit `{keyword}={_format_limit(new)}`, formerly `{_format_limit(old)}`"


def _format_limit(value: Any) -> str:
    return "true" if value is True else one_line(str(value))


def _describe_default(old: Any, new: Any) -> str:
    if new is None:
        return "no longer has a default"
    formerly = f", formerly {_format_default(old)}" if old is not None else ""
    return f"has the default {_format_default(new)}{formerly}"


def _format_default(value: Any) -> str:
    text = one_line(literal(value))
    return f"`{text[:_MAX_TEXT]} ...`" if len(text) > _MAX_TEXT else f"`{text}`"
