"""The file host: signed URLs that expire, and ranges.

`sample.mp4` was made once, with ffmpeg 5.1:

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

__all__ = ["File", "FileHost", "last_frame", "refused"]

_LAST_MODIFIED = "Sun, 01 Nov 2026 09:00:00 GMT"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")
_REASONS = {
    "AccessDenied": "Request has expired",
    "SignatureDoesNotMatch": "The signature does not match",
}


class FileHost:
    """Signs and judges URLs of the file host at `origin`."""

    def __init__(self, origin: str, lifetime: float) -> None:
        """`lifetime` is how long a URL is valid, in seconds."""
        self._origin = origin
        self._lifetime = lifetime
        self._secret = secrets.token_bytes(16)
        self._revoked: set[str] = set()

    def sign(self, name: str, now: float) -> str:
        """A URL of the file `name`, valid from Unix time `now`."""
        expires = str(int(now + self._lifetime))
        # Like real ones, no two URLs are the same: revoking one leaves the next valid.
        nonce = secrets.token_hex(4)
        query = {
            "Expires": expires,
            "Nonce": nonce,
            "Signature": self._signature(name, expires, nonce),
        }
        return f"{self._origin}/out/{name}?{urlencode(query)}"

    def objection(self, name: str, query: Mapping[str, str], now: float) -> str | None:
        """The error code for a request of `name` with this query at Unix time `now`; None when it is good."""
        expires, nonce, signature = (
            query.get(key, "") for key in ("Expires", "Nonce", "Signature")
        )
        good = self._signature(name, expires, nonce)
        if not hmac.compare_digest(signature.encode(), good.encode()):
            return "SignatureDoesNotMatch"
        return "AccessDenied" if signature in self._revoked or now >= int(expires) else None

    def revoke(self, query: Mapping[str, str]) -> None:
        """Make the URL with this query an expired one."""
        self._revoked.add(query.get("Signature", ""))

    def _signature(self, *parts: str) -> str:
        return hmac.new(self._secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def refused(status: int, code: str) -> Response:
    """An error of the file host, in the manner of object stores."""
    message = _REASONS.get(code, code)
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return Response(xml, status, media_type="application/xml")


class File:
    """A file that can be fetched whole or in part."""

    def __init__(self, content: bytes, media_type: str) -> None:
        """`media_type` is its Content-Type."""
        self._content = content
        self._media_type = media_type
        self._etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    def answer(self, method: str, headers: Mapping[str, str]) -> Response:
        """The file, or the part of it that these request headers ask for (RFC 9110, single ranges only)."""
        size = len(self._content)
        fields = {
            "Accept-Ranges": "bytes",
            "ETag": self._etag,
            "Last-Modified": _LAST_MODIFIED,
        }
        if headers.get("if-none-match") == self._etag:
            return Response(status_code=304, headers=fields)
        wanted = _RANGE.match(headers.get("range", ""))
        # A range concerns GET alone, and with If-Range only the file that the client holds a part of.
        if (
            wanted is None
            or wanted[0] == "bytes=-"
            or method != "GET"
            or headers.get("if-range", self._etag) not in (self._etag, _LAST_MODIFIED)
        ):
            return Response(self._content, media_type=self._media_type, headers=fields)
        first, last = wanted[1], wanted[2]
        start = int(first) if first else max(size - int(last), 0)
        stop = min(int(last) + 1, size) if first and last else size
        if start >= stop:
            return Response(status_code=416, headers=fields | {"Content-Range": f"bytes */{size}"})
        fields["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return Response(self._content[start:stop], 206, media_type=self._media_type, headers=fields)


def last_frame() -> bytes:
    """A small grey PNG."""
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
