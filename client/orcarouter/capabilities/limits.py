"""The limits of a parameter: whether a value keeps to them, and what they are in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orcarouter.capabilities.values import KINDS, among, given, is_a, listed, plain

if TYPE_CHECKING:
    from orcarouter_api.models import ParameterRule

__all__ = ["choices", "demands", "permits"]


def permits(rule: ParameterRule, value: Any) -> bool:
    """Whether a value is one of the values, in the range, or fits the pattern, if any is given."""
    limited = False
    if rule.values:
        limited = True
        if among(value, rule.values):
            return True
    least, most = given(rule.min), given(rule.max)
    if least is not None and most is not None:
        limited = True
        if is_a(value, "number") and least <= value <= most:
            step = given(rule.step)
            if step is None or ((float(value) - least) / step).is_integer():
                return True
    if rule.pattern:
        limited = True
        if isinstance(value, str) and re.search(rule.pattern, value):
            return True
    return not limited


def choices(rule: ParameterRule) -> tuple[str, ...]:
    """In words, the values that a rule allows; empty where it gives none."""
    words = listed(rule.values or [])
    least, most, step = given(rule.min), given(rule.max), given(rule.step)
    if least is not None and most is not None:
        by = "" if step is None else f" in steps of {plain(step)}"
        words += (f"{plain(least)} to {plain(most)}{by}",)
    return words


def demands(rule: ParameterRule) -> tuple[str, ...]:
    """In words, everything that a rule demands."""
    if rule.supported is False:
        return ("not taken",)
    words = choices(rule) or ((KINDS[rule.type],) if rule.type else ())
    if rule.required:
        words = ("required", *words)
    for unit, least, most in (
        ("characters", given(rule.min_length), given(rule.max_length)),
        ("items", given(rule.min_items), given(rule.max_items)),
    ):
        words += (f"at least {least} {unit}",) if least is not None else ()
        words += (f"at most {most} {unit}",) if most is not None else ()
    return words
