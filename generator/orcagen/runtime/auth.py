"""OAuth 2 client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast
from urllib.parse import urlencode, urljoin

from .client import SecurityScheme
from .errors import Headers, status_error

DEFAULT_LIFETIME = 300.0  # seconds, for a token without expires_in
RENEWAL_MARGIN = 30.0  # seconds before its expiry at which a token is replaced


class TokenCache:
    """The access tokens for a client id and secret, by their token URL as the document writes it."""

    def __init__(self, options: Mapping[str, Any], base_url: str) -> None:
        self._options, self._base_url = options, base_url
        self._tokens: dict[str, tuple[str, float]] = {}

    def expired_requests(
        self, schemes: Iterable[SecurityScheme]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """A token request for each scheme whose token is missing or expires soon.

        Yields the token URL and the keyword arguments of the HTTP library's `build_request`.
        """
        client_id, secret = self._options["client_credentials"]
        body = {"client_id": client_id, "client_secret": secret}
        request = {
            "method": "POST",
            "headers": {
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            "content": urlencode({"grant_type": "client_credentials", **body}).encode(),
        }
        for url in (s.name for s in schemes if s.option not in self._options):
            _, expiry = self._tokens.get(url, ("", 0.0))
            if time.monotonic() >= expiry - RENEWAL_MARGIN:
                yield url, {**request, "url": urljoin(self._base_url, url)}

    def store(self, url: str, response: Any) -> None:
        """Keep the token of a response. Raises HTTPStatusError if it has none."""
        try:
            content = response.json()
        except ValueError:
            content = None
        data = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        if response.status_code != 200 or "access_token" not in data:
            # The content is left out: the server may repeat the secret in it.
            headers = Headers(response.headers.raw)
            request = "POST to the token URL"
            raise status_error(request, response.status_code, headers, content)
        lifetime = data.get("expires_in")
        if not isinstance(lifetime, (int, float)):
            lifetime = DEFAULT_LIFETIME
        self._tokens[url] = (str(data["access_token"]), time.monotonic() + lifetime)

    def get(self, url: str) -> str:
        """The token that was stored for a token URL."""
        return self._tokens[url][0]
