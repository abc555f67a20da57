"""Whether a change of a constraint allows more or less, and how messages show constraints, types and defaults."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from typing import Any, Literal, TypeAlias

from orcagen.diff.schemas import NormalSchema
from orcagen.plan.text import one_line
from orcagen.render.literals import literal

Verdict: TypeAlias = Literal["tighter", "looser", "other"]

_MAX_TEXT = 60  # characters of a value in a message
_MAX_VALUES = 6  # values of an enum in a message
_LOWER = ("minimum", "maximum", "minLength", "minItems", "minProperties", "minContains")
_WIDER_FORMATS = (("int32", "int64"), ("float", "double"))
_ANY = frozenset("object array string number integer boolean".split())


def judge_types(old: NormalSchema, new: NormalSchema) -> Verdict | None:
    """How the types of values change. Those inside of two unions are compared variant by variant."""
    if old.variants and new.variants:
        return None
    if old.variants or new.variants:  # the other one allows anything
        return "looser" if old.variants else "tighter"
    return _judge_sets(expand_types(old), expand_types(new))


def expand_types(schema: NormalSchema) -> frozenset[str]:
    """All JSON types that a value can have. An integer is a number (Validation 6.1.1)."""
    types = schema.types or _ANY
    return types | {"integer"} if "number" in types else types


def judge_limit(keyword: str, old: Any, new: Any) -> Verdict | None:
    """How a constraint changes; None stands for no constraint."""
    if old == new:
        return None
    if keyword == "anyOf":  # what was enough must be enough for one of the new alternatives
        before, after = ({frozenset()} if v is None else v for v in (old, new))
        return "looser" if all(any(n <= o for n in after) for o in before) else "tighter"
    if old is None or new is None:
        return "tighter" if old is None else "looser"
    match keyword:
        case "dependentRequired":
            return "looser" if new < old else "tighter"
        case "format":
            if (old, new) in _WIDER_FORMATS:
                return "looser"
            return "tighter" if (new, old) in _WIDER_FORMATS else "other"
        case "multipleOf":
            return "tighter" if not new % old else "other" if old % new else "looser"
    if isinstance(new, str) or isinstance(old, str):
        return "other"  # cannot be told, for example from two patterns
    # A bound is a pair, of which the higher one is the tighter, for a maximum too.
    return "tighter" if (new > old) == (keyword in _LOWER) else "looser"


def _judge_sets(old: Set[str], new: Set[str]) -> Verdict | None:
    if old == new:
        return None
    return "tighter" if new < old else "looser" if new > old else "other"


def describe_limit(keyword: str, old: Any, new: Any) -> str:
    if new is None:
        return f"no longer has the limit `{_format_limit(keyword, old)}`"
    text = _format_limit(keyword, new)
    if old is None:
        return f"has the new limit `{text}`"
    return f"has the limit `{text}`, formerly `{_format_limit(keyword, old).partition('=')[2]}`"


def _format_limit(keyword: str, value: Any) -> str:
    match keyword, value:
        case (("minimum" | "maximum"), (number, is_excluded)):
            sign = 1 if keyword == "minimum" else -1
            name = f"exclusive{keyword.title()}" if is_excluded else keyword
            return f"{name}={sign * number}"
        case "dependentRequired", pairs:
            return f"{keyword}={', '.join(f'{a}: {b}' for a, b in sorted(pairs))}"
        case "anyOf", alternatives:
            return f"{keyword}={' or '.join(sorted(' and '.join(sorted(a)) for a in alternatives))}"
    text = one_line(value if isinstance(value, str) else json.dumps(value))
    return f"{keyword}={_cut(text)}"


def describe_default(old: Any, new: Any) -> str:
    if new is None:
        return "no longer has a default"
    formerly = f", formerly `{_cut(one_line(literal(old)))}`" if old is not None else ""
    return f"has the default `{_cut(one_line(literal(new)))}`{formerly}"


def format_types(schema: NormalSchema) -> str:
    return " or ".join(f"`{t}`" for t in sorted(schema.types or schema.variants)) or "any type"


def list_values(values: Iterable[str]) -> str:
    """Values as code, at most six and the number of the others."""
    texts = sorted(values)
    more = f" and {len(texts) - _MAX_VALUES} more" if len(texts) > _MAX_VALUES else ""
    codes = ", ".join(f"`{_cut(one_line(t))}`" for t in texts[:_MAX_VALUES])
    return f"value{'s' * (len(texts) > 1)} {codes}{more}"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]} ..."


def values_equal(a: Any, b: Any) -> bool:
    """Equality of JSON values: unlike in Python, true is not 1, at any depth."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(values_equal(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(values_equal, a, b))
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)
