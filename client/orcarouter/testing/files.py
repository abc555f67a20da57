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

__all__ = ["FileHost", "png", "ranged"]

_LAST_MODIFIED = "Sun, 01 Nov 2026 09:00:00 GMT"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


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

    def fault(self, name: str, query: Mapping[str, str], now: float) -> str | None:
        """Why a request of `name` with this query is refused at Unix time `now`, or None."""
        expires, nonce, signature = (
            query.get(key, "") for key in ("Expires", "Nonce", "Signature")
        )
        if not hmac.compare_digest(signature, self._signature(name, expires, nonce)):
            return "SignatureDoesNotMatch"
        if signature in self._revoked or now >= int(expires):
            return "AccessDenied"
        return None

    def revoke(self, query: Mapping[str, str]) -> None:
        """Make the URL with this query an expired one."""
        self._revoked.add(query.get("Signature", ""))

    def _signature(self, *parts: str) -> str:
        return hmac.new(self._secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def refused(code: str) -> Response:
    """The answer to a URL that is not valid, in the manner of object stores."""
    text = "Request has expired" if code == "AccessDenied" else "The signature does not match"
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{text}</Message></Error>'
    return Response(xml, 403, media_type="application/xml")


def ranged(content: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """A file, or the part of it that a request with these headers asks for (RFC 9110, single ranges only)."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    fields = {"Accept-Ranges": "bytes", "ETag": etag, "Last-Modified": _LAST_MODIFIED}
    if headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=fields)
    wanted = _RANGE.match(headers.get("range", ""))
    # If-Range: the part only when the client holds the same file, the whole file otherwise.
    if (
        wanted is None
        or wanted[0] == "bytes=-"
        or headers.get("if-range", etag) not in (etag, _LAST_MODIFIED)
    ):
        return Response(content, media_type=media_type, headers=fields)
    size = len(content)
    first, last = wanted[1], wanted[2]
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if start >= min(stop, size):
        return Response(status_code=416, headers=fields | {"Content-Range": f"bytes */{size}"})
    fields["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return Response(content[start:stop], 206, media_type=media_type, headers=fields)


def png() -> bytes:
    """A small grey picture, for last frames."""
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
