"""Pieces of Python text: literals as black writes them, and prose of the document made harmless."""

from __future__ import annotations

import re
from typing import Any


def literal(value: Any) -> str:
    """A Python literal in black's spelling."""
    if not isinstance(value, str):
        return repr(value)
    text = repr(value)
    if text[0] == "'" and text.count("\\'") >= value.count('"'):
        return '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    return text


def prose(text: str) -> str:
    """Text of the document for a docstring: no control or invisible characters, no tabs, no runs of empty lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    lines = [_visible(line).rstrip() for line in text.strip().split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _visible(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in line)


def sentence(text: str) -> str:
    """Prose in one paragraph."""
    return " ".join(prose(text).split())


def full_stop(text: str) -> str:
    return text if not text or text[-1] in ".!?:;)`" else text + "."


def default_text(value: Any) -> str:
    """A default in words, unless it is long or no scalar."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    shown = literal(value)
    return f"Default: {sentence(shown)}." if len(shown) <= _SHOWN else ""


_SHOWN = 60  # characters of a default in a docstring
