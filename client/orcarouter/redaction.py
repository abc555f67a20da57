"""Keys, signed query strings and inline files taken out of text that people or logs get to see."""

from __future__ import annotations

import re
from typing import TypeVar

__all__ = ["brief", "redacted", "scrubbed", "shown"]

T = TypeVar("T")

_SECRETS = (
    (re.compile(r"sk-orca-[^\s\"'<>,;)\]}]+"), "sk-orca-…"),
    (re.compile(r"(?i)\b(bearer)\s+[^\s\"'<>,;]+"), r"\1 …"),
    # User names and passwords, then everything from the query on: signatures stand there.
    (re.compile(r"(?i)\b(https?://)[^\s/?#\"'<>@]*@"), r"\1…@"),
    (re.compile(r"(?i)\b(https?://[^\s?#\"'<>\\]*)[?#\\][^\s\"'<>]*"), r"\1?…"),
    (re.compile(r"(?i)\b(data:[\w.+-]+/[\w.+-]+[^,\s]{0,80}),[^\s\"'<>]+"), r"\1,…"),
)


def redacted(text: str) -> str:
    """The text without API keys, bearer tokens, query strings of URLs and contents of data URIs."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def shown(text: str | None) -> str:
    """The repr of the redacted text."""
    return repr(text if text is None else redacted(text))


def scrubbed(value: T) -> T:
    """Parsed JSON with every string in it redacted; other values as they are."""
    result: object = value
    if isinstance(value, str):
        result = redacted(value)
    elif isinstance(value, dict):
        result = {key: scrubbed(item) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        result = type(value)(scrubbed(item) for item in value)
    return result  # type: ignore[return-value]  # of the type that came in


def brief(text: str, length: int = 300) -> str:
    """A text of someone else as one redacted line of at most `length` characters."""
    line = redacted(" ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return line if len(line) <= length else line[: length - 1] + "…"
