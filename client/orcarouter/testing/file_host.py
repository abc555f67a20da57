"""The file host: signed URLs that expire, and range requests.

`sample.mp4` was made with ffmpeg 5.1:

    ffmpeg -f lavfi -i testsrc=size=320x180:rate=12:duration=2 -an -c:v libx264 -profile:v baseline \\
        -pix_fmt yuv420p -preset veryslow -crf 32 -movflags +faststart \\
        -fflags +bitexact -flags:v +bitexact -map_metadata -1 sample.mp4
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import struct
import zlib
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

__all__ = ["File", "FileHost", "make_error_response", "make_last_frame"]

_LAST_MODIFIED = "Sun, 01 Nov 2026 09:00:00 GMT"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")
_ERROR_MESSAGES = {
    "AccessDenied": "Request has expired",
    "SignatureDoesNotMatch": "The signature does not match",
}


class FileHost:
    """Signs URLs of the file host, and verifies them."""

    def __init__(self, origin: str, lifetime: float) -> None:
        """`origin` is the scheme, host and port of the file host; `lifetime` the validity of a URL in seconds."""
        self._origin = origin
        self._lifetime = lifetime
        self._secret = secrets.token_bytes(16)
        self._revoked: set[str] = set()

    def sign(self, name: str, timestamp: float) -> str:
        """A URL of the file `name`, signed at a Unix time."""
        expires = str(int(timestamp + self._lifetime))
        # Every URL is different, as with real object stores: revoking one does not affect the next.
        nonce = secrets.token_hex(4)
        query = {
            "Expires": expires,
            "Nonce": nonce,
            "Signature": self._signature(name, expires, nonce),
        }
        return f"{self._origin}/out/{name}?{urlencode(query)}"

    def find_error(self, name: str, query: Mapping[str, str], timestamp: float) -> str | None:
        """The error code for a request of the file `name` with this query at a Unix time; None if it is valid."""
        expires, nonce, signature = (
            query.get(key, "") for key in ("Expires", "Nonce", "Signature")
        )
        valid = self._signature(name, expires, nonce)
        if not hmac.compare_digest(signature.encode(), valid.encode()):
            return "SignatureDoesNotMatch"
        is_expired = signature in self._revoked or timestamp >= int(expires)
        return "AccessDenied" if is_expired else None

    def revoke(self, query: Mapping[str, str]) -> None:
        """Treat the URL with this query as expired from now on."""
        self._revoked.add(query.get("Signature", ""))

    def _signature(self, *parts: str) -> str:
        return hmac.new(self._secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def make_error_response(status: int, code: str) -> Response:
    """An error response of the file host: XML, as object stores send it."""
    message = _ERROR_MESSAGES.get(code, code)
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return Response(xml, status, media_type="application/xml")


class File:
    """A file that can be downloaded as a whole or in ranges."""

    def __init__(self, content: bytes, media_type: str) -> None:
        """`media_type` is the Content-Type of the responses."""
        self._content = content
        self._media_type = media_type
        self._etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def respond(self, method: str, headers: Mapping[str, str]) -> Response:
        """The response to a GET or HEAD request with these headers (names in lower case).

        Supports single ranges, If-Range and If-None-Match (RFC 9110, sections 13 and 14).
        """
        size = len(self._content)
        response_headers = {
            "Accept-Ranges": "bytes",
            "ETag": self._etag,
            "Last-Modified": _LAST_MODIFIED,
        }
        if headers.get("if-none-match") == self._etag:
            return Response(status_code=304, headers=response_headers)
        requested = _RANGE.match(headers.get("range", ""))
        # Range applies to GET only, and with If-Range only if the client has a part of this very file.
        if (
            requested is None
            or requested[0] == "bytes=-"
            or method != "GET"
            or headers.get("if-range", self._etag) not in (self._etag, _LAST_MODIFIED)
        ):
            return Response(self._content, media_type=self._media_type, headers=response_headers)
        first, last = requested[1], requested[2]
        start = int(first) if first else max(size - int(last), 0)
        stop = min(int(last) + 1, size) if first and last else size
        if start >= stop:
            response_headers["Content-Range"] = f"bytes */{size}"
            return Response(status_code=416, headers=response_headers)
        response_headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        content = self._content[start:stop]
        return Response(content, 206, media_type=self._media_type, headers=response_headers)


def make_last_frame() -> bytes:
    """The picture that stands for the last frame of every video: a small grey PNG."""
    width, height = 32, 18
    rows = b"".join(b"\0" + bytes([8 * row] * width) for row in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
