"""Removes secrets from text that people or logs see: API keys, signed URL queries, inline files."""

from __future__ import annotations

import re
from typing import TypeVar

__all__ = ["one_line", "redact", "redact_json", "redacted_repr"]

T = TypeVar("T")

_SECRETS = (
    (re.compile(r"sk-orca-[^\s\"'<>,;)\]}]+"), "sk-orca-…"),
    (re.compile(r"(?i)\b(bearer)\s+[^\s\"'<>,;]+"), r"\1 …"),
    # Userinfo first, then everything from the query on: that is where signatures are.
    (re.compile(r"(?i)\b(https?://)[^\s/?#\"'<>@]*@"), r"\1…@"),
    # A backslash ends the path as well: JSON text may write "?" as \u003f.
    (re.compile(r"(?i)\b(https?://[^\s?#\"'<>\\]*)[?#\\][^\s\"'<>]*"), r"\1?…"),
    (re.compile(r"(?i)\b(data:[\w.+-]+/[\w.+-]+[^,\s]{0,80}),[^\s\"'<>]+"), r"\1,…"),
)


def redact(text: str) -> str:
    """Replace API keys, bearer tokens, URL queries and the contents of data URIs by `…`."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def redacted_repr(text: str | None) -> str:
    """`repr` of the redacted text, for attrs' `field(repr=...)`."""
    return repr(text if text is None else redact(text))


def redact_json(value: T) -> T:
    """Redact every string in a parsed JSON value; other values are returned unchanged."""
    result: object = value
    if isinstance(value, str):
        result = redact(value)
    elif isinstance(value, dict):
        result = {key: redact_json(item) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        result = type(value)(redact_json(item) for item in value)
    return result  # type: ignore[return-value]  # same type as the input


def one_line(text: str, length: int = 300) -> str:
    """Turn untrusted text into one redacted, printable line of at most `length` characters."""
    line = redact(" ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return line if len(line) <= length else line[: length - 1] + "…"
