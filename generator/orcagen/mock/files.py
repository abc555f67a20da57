"""Files that clients download: in ranges (RFC 9110, section 14), and at signed URLs that expire, on an origin of their own."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, urlencode

from attrs import define, field

from orcagen.mock.responses import MockResponse

GET_FILE = "getFile"
"""The operation of requests to the file host."""
_LAST_MODIFIED = "Sun, 01 Nov 2026 09:00:00 GMT"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")
_MESSAGES = {
    "AccessDenied": "Request has expired",
    "SignatureDoesNotMatch": "The signature does not match",
}


@define
class File:
    """A file that can be downloaded as a whole or in ranges."""

    content: bytes
    media_type: str = "application/octet-stream"
    _etag: str = field(init=False, default="")

    def respond(self, method: str, headers: Mapping[str, str]) -> MockResponse:
        """The response to a GET or HEAD request with these headers (names in lower case).

        Supports single ranges, If-Range and If-None-Match (RFC 9110, sections 13 and 14).
        """
        self._etag = self._etag or f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'
        size = len(self.content)
        own = {"Accept-Ranges": "bytes", "ETag": self._etag, "Last-Modified": _LAST_MODIFIED}
        if headers.get("if-none-match") == self._etag:
            return MockResponse(304, headers=own)
        requested = _RANGE.match(headers.get("range", ""))
        # Range applies to GET only, and with If-Range only if the client has a part of this very file.
        if (
            requested is None
            or requested[0] == "bytes=-"
            or method != "GET"
            or headers.get("if-range", self._etag) not in (self._etag, _LAST_MODIFIED)
        ):
            return MockResponse(200, self.media_type, self.content, own)
        first, last = requested[1], requested[2]
        start = int(first) if first else max(size - int(last), 0)
        stop = min(int(last) + 1, size) if first and last else size
        if start >= stop:
            return MockResponse(416, headers=own | {"Content-Range": f"bytes */{size}"})
        own["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return MockResponse(206, self.media_type, self.content[start:stop], own)


FindFile: TypeAlias = Callable[[str], "File | bytes | str | Path | None"]
"""A function that gives the file of a name: its content, or where it is; None for an unknown name."""


@define
class FileHost:
    """Signs URLs of files, verifies them, and responds to requests for them. `lifetime` is the validity of a URL in seconds."""

    origin: str
    lifetime: float
    find: FindFile
    _secret: bytes = field(factory=lambda: secrets.token_bytes(16), init=False, repr=False)
    _revoked: set[str] = field(factory=set, init=False)

    def sign(self, name: str, time: float) -> str:
        """A URL of a file, signed at a Unix time. Every URL is another one: revoking one does not affect the next."""
        expires, nonce = str(int(time + self.lifetime)), secrets.token_hex(4)
        signature = self._make_signature(name, expires, nonce)
        query = urlencode({"Expires": expires, "Nonce": nonce, "Signature": signature})
        return f"{self.origin}/out/{quote(name)}?{query}"

    def respond(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str],
        time: float, *, is_expired: bool,
    ) -> MockResponse:  # fmt: skip
        """The response to a request at a decoded path. With `is_expired` the URL has expired from now on."""
        folder, _, name = path.removeprefix("/").partition("/")
        if folder != "out" or not name:
            return make_error(404, "NoSuchKey")
        if "authorization" in headers:
            # Object stores refuse a signed URL with a second credential, and here it shows that a client leaks its own.
            return make_error(400, "InvalidArgument")
        expires, nonce, signature = (query.get(k, "") for k in ("Expires", "Nonce", "Signature"))
        if is_expired:
            self._revoked.add(signature)
        valid = self._make_signature(name, expires, nonce)
        if not hmac.compare_digest(signature.encode(), valid.encode()):
            return make_error(403, "SignatureDoesNotMatch")
        if signature in self._revoked or time >= int(expires):
            return make_error(403, "AccessDenied")
        content = self.find(name)
        if content is None:
            return make_error(404, "NoSuchKey")
        if isinstance(content, str | Path):
            content = Path(content).read_bytes()
        file = File(content) if isinstance(content, bytes) else content
        return file.respond(method, headers)

    def _make_signature(self, *parts: str) -> str:
        return hmac.new(self._secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def make_error(status: int, code: str) -> MockResponse:
    """An error of the file host: XML, as object stores send it."""
    message = _MESSAGES.get(code, code)
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return MockResponse(status, "application/xml", xml)
