"""Removes secrets from text that people or logs see: API keys, signed URL queries, inline files."""

from __future__ import annotations

import re
from typing import TypeVar

__all__ = ["escape", "one_line", "redact", "redact_json", "redacted_repr"]

T = TypeVar("T")

_SECRETS = (
    (re.compile(r"sk-orca-[^\s\"'<>,;)\]}]+"), "sk-orca-…"),
    (re.compile(r"(?i)\b(bearer)\s+[^\s\"'<>,;]+"), r"\1 …"),
    (re.compile(r"(?i)\b(data:[\w.+-]+/[\w.+-]+[^,\s]{0,80}),[^\s\"'<>]+"), r"\1,…"),
)

_URL = re.compile(r"(?i)\b(?:https?|socks5h?)://[^\s\"'<>]+")
# A backslash ends the path as well: JSON text may write "?" as \u003f.
_QUERY = re.compile(r"[?#\\].*", re.DOTALL)
_USERINFO = re.compile(r"://[^/@]*@[^/]*")


def redact(text: str) -> str:
    """Replace API keys, bearer tokens, URL queries and the contents of data URIs by `…`.

    Takes time linear in the length of the text, which may come from a server: each pattern consumes
    what it has looked at, whether something is replaced or not.
    """
    text = _URL.sub(lambda match: _redact_url(match[0]), text)
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _redact_url(url: str) -> str:
    url = _QUERY.sub("?…", url)
    return _USERINFO.sub(lambda match: "://…@" + match[0].rpartition("@")[2], url)


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


def escape(text: str) -> str:
    """Replace characters that could control a terminal by escape sequences such as `\\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def one_line(text: str, length: int = 300) -> str:
    """Turn untrusted text into one redacted, printable line of at most `length` characters."""
    line = redact(escape(" ".join(text.split())))
    return line if len(line) <= length else line[: length - 1] + "…"
