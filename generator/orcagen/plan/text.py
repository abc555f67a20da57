"""Prose of the document, cleaned for docstrings."""

from __future__ import annotations

import html
import re
from functools import lru_cache


def clean_markdown(text: str) -> str:
    """A description (CommonMark) with its HTML as plain text, and without control or invisible characters, tabs and runs
    of empty lines."""
    if not text:
        return ""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    if "<" in text or "&" in text:
        parts = enumerate(_CODE.split(text))
        text = "".join(part if i % 2 else _strip_html(part) for i, part in parts)
    lines = [_strip_invisible(line).rstrip() for line in text.strip().split("\n")]
    text = "\n".join(lines).strip()
    return re.sub(r"\n{3,}", "\n\n", text) if "\n\n\n" in text else text


@lru_cache(maxsize=10_000)  # documents repeat the descriptions of properties and parameters
def one_line(text: str) -> str:
    """A cleaned description as one paragraph without line breaks."""
    return " ".join(clean_markdown(text).split())


# CommonMark may contain HTML; code spans and fenced code keep theirs.
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_HTML = (
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"<code>([^<`\n]*)</code>", re.IGNORECASE), r"`\1`"),
    (re.compile(r"<a\b[^>]*\bhref=[\"']?([^\"'\s>]+)[^>]*>([^<]*)</a>", re.IGNORECASE), r"\2 (\1)"),
    (re.compile(r" *<br */?>\n?| *</?(?:p|div|h[1-6]|ul|ol|table|tr|blockquote|pre)(?: [^<>]*)?>\n?", re.IGNORECASE), "\n"),
    (re.compile(r"\s*<li(?: [^<>]*)?> *", re.IGNORECASE), "\n- "),
    (re.compile(r"</?(?:li|b|i|u|em|strong|small|span|font|sub|sup|code|a|img|hr|thead|tbody|td|th|details|summary|center)(?: [^<>]*)?/?>", re.IGNORECASE), ""),
)  # fmt: skip
# Only complete references: a query string may well contain `&copy=2`.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});")


def _strip_html(text: str) -> str:
    """HTML as plain text: breaks and items as lines, links with their addresses, entities as characters."""
    for pattern, replacement in _HTML if "<" in text else ():
        text = pattern.sub(replacement, text)
    return _ENTITY.sub(lambda m: html.unescape(m[0]), text)


def _strip_invisible(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else " " if c.isspace() else "" for c in line)
