"""Pieces of Python text: literals as black writes them, and prose of the document made harmless."""

from __future__ import annotations

import html
import re
from typing import Any

from orcagen.schema import Constraint


def literal(value: Any) -> str:
    """A Python literal in black's spelling."""
    if not isinstance(value, str):
        return repr(value)
    text = repr(value)
    if text[0] == "'" and text.count("\\'") >= value.count('"'):
        return '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    return text


def prose(text: str) -> str:
    """Text of the document for a docstring: HTML as plain text, no control or invisible characters, no tabs, no runs of
    empty lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    if "<" in text or "&" in text:
        text = "".join(
            part if i % 2 else _without_markup(part) for i, part in enumerate(_CODE.split(text))
        )
    lines = [_visible(line).rstrip() for line in text.strip().split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# Descriptions are CommonMark, which may hold HTML. What is code in them stays as it is.
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_MARKUP = (
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"<code>([^<`\n]*)</code>", re.IGNORECASE), r"`\1`"),
    (re.compile(r"<a\b[^>]*\bhref=[\"']?([^\"'\s>]+)[^>]*>([^<]*)</a>", re.IGNORECASE), r"\2 (\1)"),
    (re.compile(r" *<br */?>\n?| *</?(?:p|div|h[1-6]|ul|ol|table|tr|blockquote|pre)(?: [^<>]*)?>\n?", re.IGNORECASE), "\n"),
    (re.compile(r"\s*<li(?: [^<>]*)?> *", re.IGNORECASE), "\n- "),
    (re.compile(r"</?(?:li|b|i|u|em|strong|small|span|font|sub|sup|code|a|img|hr|thead|tbody|td|th|details|summary|center)(?: [^<>]*)?/?>", re.IGNORECASE), ""),
)  # fmt: skip


_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});")


def _without_markup(text: str) -> str:
    """HTML as plain text: breaks and items as lines, links with their addresses, entities as characters."""
    for pattern, plain in _MARKUP if "<" in text else ():
        text = pattern.sub(plain, text)
    return _ENTITY.sub(lambda m: html.unescape(m[0]), text)


def _visible(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in line)


def sentence(text: str) -> str:
    """Prose in one paragraph."""
    return " ".join(prose(text).split())


def constraints_text(constraints: tuple[Constraint, ...]) -> str:
    """Constraints in parentheses, such as `(minLength=1, pattern=^a)`; "" for none."""
    if not constraints:
        return ""
    values = ((c.keyword, c.value) for c in constraints)
    texts = (f"{k}={str(v).lower() if isinstance(v, bool) else v}" for k, v in values)
    return f"({', '.join(sentence(text) for text in texts)})"


def value_names_text(names: tuple[tuple[Any, str], ...]) -> str:
    """Named values of an enum, such as `Values: 0 = Low, 1 = High.`; "" for none."""
    return f"Values: {', '.join(f'{v} = {n}' for v, n in names)}." if names else ""


def full_stop(text: str) -> str:
    return text if not text or text[-1] in ".!?:;" else text + "."


def default_text(value: Any, description: str) -> str:
    """A default in words, unless it is long or no scalar, or the description says it."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    shown = literal(value)
    said = rf"\bdefault\w*\W+(?:\w+\W+){{0,3}}?{re.escape(str(value))}(?!\w)"
    if len(shown) > _SHOWN or re.search(said, description, re.IGNORECASE):
        return ""
    return f"Default: {sentence(shown)}."


_SHOWN = 60  # characters of a default in a docstring
