"""The nearest allowed value, and the nearest known word."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orcarouter.capabilities.values import LONGEST, among, given, number_of, plain

if TYPE_CHECKING:
    from orcarouter_api.models import ModelCapabilities, ParameterRule

__all__ = ["alike", "closest", "nearest"]

_YES_OR_NO = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
_LINES_OF_K = 720  # of a picture: 2K has 1440 or more, which is all that a comparison needs


def nearest(value: Any, rule: ParameterRule, entry: ModelCapabilities) -> Any:
    """The value nearest to this one that a rule allows, else the default, else None."""
    least, most, number = given(rule.min), given(rule.max), number_of(value)
    if least is not None and most is not None and number is not None:
        step = given(rule.step) or (1 if rule.type == "integer" else 0)
        bounded = min(max(number, least), most)
        return plain(least + step * math.ceil((bounded - least) / step - 0.5) if step else bounded)
    if rule.type == "boolean":
        return _truth(value)
    values = rule.values or []
    found = closest(value, values, entry, rule.path)
    if found is None and rule.pattern and number is not None:
        spelled = str(plain(number))
        found = spelled if re.search(rule.pattern, spelled) else None
    if found is None and len(values) == 1 and least is None and not rule.pattern:
        found = values[0]
    return given(rule.default) if found is None else found


def closest(value: Any, values: Sequence[Any], entry: ModelCapabilities, path: str) -> Any:
    """The one of a few values that is nearest to this one, or None.

    Compared as yes and no, as quantities (of equal distances the smaller), as words, and by the
    height of the picture that they give.
    """
    truth = _truth(value)
    if truth is not None and (same := [known for known in values if _truth(known) is truth]):
        return same[0]
    near = _by_measure(value, [(known, _measure(known)) for known in values])
    if near is None:
        near = alike(value, [known for known in values if isinstance(known, str)])
    if near is None and entry.output:
        pictures = [picture for picture in entry.output.resolutions or [] if picture.path == path]
        heights = [(picture.value, _measure(picture.resolution)) for picture in pictures]
        near = _by_measure(value, [pair for pair in heights if among(pair[0], values)])
    return near


def _truth(value: Any) -> bool | None:
    """Whether a value means yes or no, None for neither."""
    if isinstance(value, str):
        return _YES_OR_NO.get(value.strip().casefold())
    return value if isinstance(value, bool) else None


def _by_measure(value: Any, known: Sequence[tuple[Any, tuple[str, float] | None]]) -> Any:
    """The value whose measure is nearest to that of another of the same kind, or None."""
    target = _measure(value)
    found = [
        (abs(measure[1] - target[1]), measure[1], index)
        for index, (_, measure) in enumerate(known)
        if target is not None and measure is not None and measure[0] == target[0]
    ]
    return known[min(found)[2]][0] if found else None


def _measure(value: Any) -> tuple[str, float] | None:
    """A value as a quantity: a number, the shape of a picture, or its height in lines."""
    number = number_of(value)
    if number is not None:
        return "number", number
    if not isinstance(value, str):
        return None
    if shape := re.fullmatch(r"([1-9]\d{0,4}):([1-9]\d{0,4})", value):
        return "shape", math.log(int(shape[1]) / int(shape[2]))
    if lines := re.fullmatch(r"(?:\d{1,5}x)?(\d{1,5})(p?)", value, re.IGNORECASE):
        return "lines", int(lines[1])
    if lines := re.fullmatch(r"(\d{1,2})k", value, re.IGNORECASE):
        return "lines", int(lines[1]) * _LINES_OF_K
    return None


def alike(name: Any, known: Sequence[str]) -> str | None:
    """The known word that resembles a word most, or None.

    The same but for case and separators, or with more or fewer parts, or similar.
    """
    if not isinstance(name, str):
        return None
    folded = {re.sub(r"[\s-]+", "_", word.casefold()): word for word in reversed(known)}
    word = re.sub(r"[\s-]+", "_", name.strip().casefold())[:LONGEST]
    if word in folded:
        return folded[word]
    parts = {other: set(other.split("_")) for other in (word, *folded)}
    kin = [other for other in folded if parts[other] < parts[word] or parts[word] < parts[other]]
    if kin:
        return folded[min(kin, key=lambda other: abs(len(other) - len(word)))]
    # Late: only a request with a mistake needs it.
    from difflib import get_close_matches

    close = get_close_matches(word, folded, n=1)
    return folded[close[0]] if close else None
