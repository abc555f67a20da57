"""Where files come from: calls of operations, URLs, data URIs."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

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
