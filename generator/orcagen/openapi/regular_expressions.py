"""Which regular expressions of a document are matched against what a server sends."""

from __future__ import annotations

import re

# Repetitions of a variable number: the time for n characters grows with n to the power of this.
_MAX_VARIABLE = 3
_MAX_CHOICES = 8  # optional parts, and groups with alternatives: each doubles what can be tried

_SINGLE = re.compile(r"\\[1-9]|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?[:=!]|\?<[=!]|\?P?<\w+>)?([^()]*)\)([*+]|\{\d+,?\d*\})?")
_VARIABLE = re.compile(r"[*+]|\{\d+,\d*\}")


def is_cheap(pattern: str) -> bool:
    """Whether matching cannot take exponential time: Python's `re` backtracks. It can where something of variable length,
    or with alternatives, is repeated as a whole. Called cheap are patterns that do neither, without back references."""
    if any(len(m) == 2 and m[1] in "123456789" for m in _SINGLE.findall(pattern)):
        return False
    text, choices = _SINGLE.sub("x", pattern), 0
    while (group := _GROUP.search(text)) is not None:
        inner, repetition = group.groups()
        if repetition and (_VARIABLE.search(inner) or "?" in inner or "|" in inner):
            return False
        choices += "|" in inner
        # What is inside counts as if it stood there.
        text = text[: group.start()] + inner + (repetition or "") + text[group.end() :]
    choices += text.count("?")
    return len(_VARIABLE.findall(text)) <= _MAX_VARIABLE and choices <= _MAX_CHOICES
