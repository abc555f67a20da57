"""Where files come from: calls of operations, URLs, data URIs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from urllib.parse import SplitResult, unquote_to_bytes, urljoin, urlsplit

from .call import Request

Source: TypeAlias = "Request[Any] | str"
AnySource: TypeAlias = "Source | Callable[[], Source | Awaitable[Source | None] | None]"


class RefusedError(Exception):
    """The file cannot be downloaded from a source; the message says why."""


def describe_source(source: AnySource) -> str:
    """A source as messages name it: without a query, which may be a signature, and without user and password."""
    if isinstance(source, Request):
        return source.request
    if not isinstance(source, str):
        return "the file"
    if source[:5].lower() == "data:":
        return "a data URI"
    return re.sub(r"(?<=//)[^/?#]*@", "", re.split("[?#]", source)[0])


def join_url(base: str, url: str) -> str:
    """The absolute URL; "" if there is none."""
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def parse_url(url: str) -> SplitResult | None:
    """The parts of an http or https URL whose host can be looked up; None for any other text."""
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and parts.hostname
        (parts.hostname or "").encode("idna")  # raises on labels that are too long
        return parts if is_valid and parts.port != 0 else None
    except ValueError:
        return None


def find_origin(url: str) -> str:
    """Scheme, host and port of an http or https URL, the latter if it is not the default; "" for any other text."""
    if (parts := parse_url(url)) is None:
        return ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def read_data_uri(url: str) -> tuple[str, bytes]:
    """The media type and the content of a data URI (RFC 2397). Raises RefusedError."""
    head, comma, encoded = url.partition(",")
    content = unquote_to_bytes(encoded)
    if head.endswith(";base64"):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise RefusedError("the data URI is not valid base64") from error
    if not comma or not content:
        raise RefusedError("the data URI is empty")
    return head[5:].partition(";")[0], content
