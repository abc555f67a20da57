"""OAuth 2 client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode, urljoin

from .errors import Headers, status_error

UNKNOWN = 300.0  # seconds for which a token is used whose lifetime is not said
EARLY = 30.0  # seconds before its end at which a token is replaced


class Tokens:
    """The tokens for a client id and secret, by the URL that gives them, as the document writes it."""

    def __init__(self, credentials: tuple[str, str], base_url: str) -> None:
        self._credentials, self._base_url = credentials, base_url
        self._known: dict[str, tuple[str, float]] = {}

    def due(self, urls: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Where there is no token, or it ends soon: the URL, and the request as the library's `build_request` takes it."""
        body = {
            "grant_type": "client_credentials",
            "client_id": self._credentials[0],
            "client_secret": self._credentials[1],
        }
        headers = [
            ("Accept", "application/json"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        for url in urls:
            if time.monotonic() >= self._known.get(url, ("", 0.0))[1] - EARLY:
                yield url, {
                    "method": "POST",
                    "url": urljoin(self._base_url, url),
                    "headers": headers,
                    "content": urlencode(body).encode(),
                }

    def keep(self, url: str, response: Any) -> None:
        """Takes the token of an answer. Raises StatusError when it is refused."""
        try:
            data = response.json()
        except ValueError:
            data = None
        if (
            response.status_code != 200
            or not isinstance(data, dict)
            or "access_token" not in data
        ):
            raise status_error(
                "POST to the token URL",
                response.status_code,
                Headers(response.headers.raw),
                b"",
                None,
                data,
            )
        lifetime = data.get("expires_in")
        seconds = float(lifetime) if isinstance(lifetime, (int, float)) else UNKNOWN
        self._known[url] = (str(data["access_token"]), time.monotonic() + seconds)

    def of(self, url: str) -> str:
        """The token, once it is there."""
        return self._known[url][0]
