"""The limits of a parameter: whether a value is within them, and their form in messages and tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orcarouter.capabilities.json_values import (
    TYPE_NAMES,
    contains,
    format_values,
    has_type,
    int_if_whole,
    unset_to_none,
)

if TYPE_CHECKING:
    from orcarouter_api.models import ParameterRule

__all__ = ["format_allowed_values", "format_limits", "is_allowed"]


def is_allowed(rule: ParameterRule, value: Any) -> bool:
    """Whether a value is in `values`, or between `min` and `max`, or matches `pattern`.

    One of those that the rule sets is enough. A rule that sets none of them allows every value.
    """
    is_limited = False
    if rule.values:
        is_limited = True
        if contains(rule.values, value):
            return True
    minimum, maximum = unset_to_none(rule.min), unset_to_none(rule.max)
    if minimum is not None and maximum is not None:
        is_limited = True
        if has_type(value, "number") and minimum <= value <= maximum:
            step = unset_to_none(rule.step)
            if step is None or ((float(value) - minimum) / step).is_integer():
                return True
    if rule.pattern:
        is_limited = True
        if isinstance(value, str) and re.search(rule.pattern, value):
            return True
    return not is_limited


def format_allowed_values(rule: ParameterRule) -> tuple[str, ...]:
    """The values and the range of a rule, each as text; empty if it sets neither."""
    texts = format_values(rule.values or [])
    minimum, maximum = unset_to_none(rule.min), unset_to_none(rule.max)
    step = unset_to_none(rule.step)
    if minimum is not None and maximum is not None:
        steps = "" if step is None else f" in steps of {int_if_whole(step)}"
        texts += (f"{int_if_whole(minimum)} to {int_if_whole(maximum)}{steps}",)
    return texts


def format_limits(rule: ParameterRule) -> tuple[str, ...]:
    """All limits of a rule, each as text."""
    if rule.supported is False:
        return ("not supported",)
    texts = format_allowed_values(rule) or ((TYPE_NAMES[rule.type],) if rule.type else ())
    if rule.required:
        texts = ("required", *texts)
    for unit, minimum, maximum in (
        ("characters", unset_to_none(rule.min_length), unset_to_none(rule.max_length)),
        ("items", unset_to_none(rule.min_items), unset_to_none(rule.max_items)),
    ):
        texts += (f"at least {minimum} {unit}",) if minimum is not None else ()
        texts += (f"at most {maximum} {unit}",) if maximum is not None else ()
    return texts
