"""Suggestions: the nearest allowed value, and the most similar known name."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orcarouter.capabilities.json_values import (
    MAX_LENGTH,
    contains,
    int_if_whole,
    parse_number,
    unset_to_none,
)

if TYPE_CHECKING:
    from orcarouter_api.models import ModelCapabilities, ParameterRule

__all__ = ["find_nearest", "find_similar_name", "parse_boolean", "suggest_value"]

_BOOLEAN_STRINGS = {
    "on": True,
    "yes": True,
    "true": True,
    "off": False,
    "no": False,
    "false": False,
}
_LINES_PER_K = 720  # a 2K picture has 1440 lines or more, which is exact enough to compare


def suggest_value(value: Any, rule: ParameterRule, entry: ModelCapabilities) -> Any:
    """The value that a rule allows and that is nearest to this one; else the rule's default, or None."""
    minimum, maximum = unset_to_none(rule.min), unset_to_none(rule.max)
    number = parse_number(value)
    if minimum is not None and maximum is not None and number is not None:
        step = unset_to_none(rule.step) or (1 if rule.type == "integer" else 0)
        clamped = min(max(number, minimum), maximum)
        if not step:
            return int_if_whole(clamped)
        # Rounds to the nearest step, halves down: of two equally near values the smaller one.
        return int_if_whole(minimum + step * math.ceil((clamped - minimum) / step - 0.5))
    if rule.type == "boolean":
        return parse_boolean(value)
    values = rule.values or []
    suggestion = find_nearest(value, values, entry, rule.path)
    if suggestion is None and rule.pattern and number is not None:
        text = str(int_if_whole(number))
        suggestion = text if re.search(rule.pattern, text) else None
    if suggestion is None and len(values) == 1 and minimum is None and not rule.pattern:
        suggestion = values[0]
    return unset_to_none(rule.default) if suggestion is None else suggestion


def find_nearest(value: Any, values: Sequence[Any], entry: ModelCapabilities, path: str) -> Any:
    """The nearest of some allowed values of the parameter at `path`, or None.

    Compares, in this order: as booleans; as quantities (of two equally near ones the smaller); as names; by the
    picture height that the model's entry gives for a value.
    """
    boolean = parse_boolean(value)
    if boolean is not None:
        for candidate in values:
            if parse_boolean(candidate) is boolean:
                return candidate
    nearest = _nearest_quantity(value, [(item, _parse_quantity(item)) for item in values])
    if nearest is None:
        nearest = find_similar_name(value, [item for item in values if isinstance(item, str)])
    if nearest is None and entry.output:
        heights = [
            (resolution.value, _parse_quantity(resolution.resolution))
            for resolution in entry.output.resolutions or []
            if resolution.path == path and contains(values, resolution.value)
        ]
        nearest = _nearest_quantity(value, heights)
    return nearest


def parse_boolean(value: Any) -> bool | None:
    """The boolean that a value is, or that a string such as `on` means; None if there is none."""
    if isinstance(value, str):
        return _BOOLEAN_STRINGS.get(value.strip().casefold())
    return value if isinstance(value, bool) else None


def _nearest_quantity(
    value: Any, candidates: Sequence[tuple[Any, tuple[str, float] | None]]
) -> Any:
    """The candidate whose quantity has the same unit as that of `value` and is nearest to it, or None."""
    target = _parse_quantity(value)
    distances = [
        (abs(quantity[1] - target[1]), quantity[1], index)
        for index, (_, quantity) in enumerate(candidates)
        if target is not None and quantity is not None and quantity[0] == target[0]
    ]
    return candidates[min(distances)[2]][0] if distances else None


def _parse_quantity(value: Any) -> tuple[str, float] | None:
    """A value as (unit, size): a number, an aspect ratio, or the height of a picture in lines."""
    number = parse_number(value)
    if number is not None:
        return "number", number
    if not isinstance(value, str):
        return None
    if ratio := re.fullmatch(r"([1-9]\d{0,4}):([1-9]\d{0,4})", value):
        # Logarithms make 16:9 as far from 1:1 as 9:16 is.
        return "aspect ratio", math.log(int(ratio[1]) / int(ratio[2]))
    if lines := re.fullmatch(r"(?:\d{1,5}x)?(\d{1,5})(p?)", value, re.IGNORECASE):
        return "lines", int(lines[1])
    if lines := re.fullmatch(r"(\d{1,2})k", value, re.IGNORECASE):
        return "lines", int(lines[1]) * _LINES_PER_K
    return None


def find_similar_name(name: Any, candidates: Sequence[str]) -> str | None:
    """The candidate that a misspelled name most likely means, or None.

    Prefers one that differs only in case and separators, then one with more or fewer parts (`ratio`,
    `aspect_ratio`), then one of similar spelling.
    """
    if not isinstance(name, str):
        return None
    by_folded = {_fold(candidate): candidate for candidate in reversed(candidates)}
    folded = _fold(name.strip())[:MAX_LENGTH]
    if folded in by_folded:
        return by_folded[folded]
    parts = {text: set(text.split("_")) for text in (folded, *by_folded)}
    related = [
        text for text in by_folded if parts[text] < parts[folded] or parts[folded] < parts[text]
    ]
    if related:
        return by_folded[min(related, key=lambda text: abs(len(text) - len(folded)))]
    # Imported late: only a request with a mistake needs it.
    from difflib import get_close_matches

    close = get_close_matches(folded, by_folded, n=1)
    return by_folded[close[0]] if close else None


def _fold(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.casefold())
