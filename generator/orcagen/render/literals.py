"""Values as Python text, spelled as black spells them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Code(str):
    """Python text. Inside the values that `literal` takes, it stands as it is."""

    __slots__ = ()


def literal(value: Any) -> str:
    """A value of JSON, or a tuple of such, as a Python literal on one line."""
    if isinstance(value, Code):
        return value
    if isinstance(value, str):
        text = repr(value)
        if text[0] == "'" and value.count("'") >= value.count('"'):
            return '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
        return text
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(literal, value)) + (",)" if len(value) == 1 else ")")
    return repr(value)


def call(function: str, *args: Any, **kwargs: Any) -> Code:
    """A call as Python text, of values and Code. Keyword arguments that are None, False or empty are left out."""
    positional = [literal(a) for a in args]
    keywords = [f"{k}={literal(v)}" for k, v in kwargs.items() if v]
    return Code(f"{function}({', '.join([*positional, *keywords])})")
