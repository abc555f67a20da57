"""OAuth 2 client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from .client import SecurityScheme
from .errors import Headers, status_error

UNKNOWN = 300.0  # seconds for which a token is used whose lifetime is not said
EARLY = 30.0  # seconds before its end at which a token is replaced


class Tokens:
    """The tokens for a client id and secret, by the URL that gives them, as the document writes it."""

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._options, self._base_url = options, base_url
        self._known: dict[str, tuple[str, float]] = {}

    def expired_requests(
        self, schemes: Iterable[SecurityScheme]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """For each scheme without a token, or whose token ends soon: the URL, and the request for one.

        The request is keyword arguments of the library's `build_request`.
        """
        client_id, secret = self._options["client_credentials"]
        body = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret,
        }
        headers = [
            ("Accept", "application/json"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
        for url in (s.name for s in schemes if s.option not in self._options):
            if time.monotonic() >= self._known.get(url, ("", 0.0))[1] - EARLY:
                yield url, {
                    "method": "POST",
                    "url": urljoin(self._base_url, url),
                    "headers": headers,
                    "content": urlencode(body).encode(),
                }

    def store(self, url: str, response: Any) -> None:
        """Takes the token of an answer. Raises HTTPStatusError when it is refused."""
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
