"""OAuth 2 client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import Any, Self, cast
from urllib.parse import urlencode, urljoin

from .call import Request
from .client import BaseClient, SecurityScheme
from .errors import Headers, status_error
from .http import Timeout

DEFAULT_LIFETIME = 300.0  # seconds, for a token without a usable expires_in
RENEWAL_MARGIN = 30.0  # seconds before its expiry at which a token is replaced


class TokenClient(BaseClient):
    """A client that fetches access tokens for a client id and secret.

    A token is used for all calls that need the same scopes, until it is about to expire or a call is answered with 401,
    which is then sent once more.
    """

    def __init__(self, base_url: str | None, options: Mapping[str, object]) -> None:
        super().__init__(base_url, options)
        self._tokens: dict[tuple[str, ...], tuple[str, float]] = {}

    def _copy(self, base_url: str | None, options: Mapping[str, Any]) -> Self:
        other = super()._copy(base_url, options)
        other._tokens = {}
        return other

    def _flow(
        self, call: Request[Any], timeout: Timeout | None
    ) -> Generator[Any, Any, Any]:
        files = call.body.find_files() if call.body else []
        response = yield from super()._flow(call, timeout)
        if response.status_code == 401 and files is not None:
            sent = response.request.headers.get("authorization", "")
            refused = [k for k, (t, _) in self._tokens.items() if sent == f"Bearer {t}"]
            for key in refused:
                del self._tokens[key]
            if refused:
                yield response.aclose if self._is_async else response.close
                for file, position in files:
                    file.seek(position)
                response = yield from super()._flow(call, timeout)
        return response

    def _get_credential(
        self, scheme: SecurityScheme, scopes: list[str]
    ) -> Generator[Any, Any, Any]:
        if scheme.option in self._options or not scheme.credentials:
            return (yield from super()._get_credential(scheme, scopes))
        key = scheme.name, *scopes
        token, expiry = self._tokens.get(key, ("", 0.0))
        if time.monotonic() >= expiry - RENEWAL_MARGIN:
            arguments = self._request_token(scheme, scopes)
            response = yield self._build_request(arguments, None, stream=False)
            token, lifetime = _read_token(response)
            self._tokens[key] = token, time.monotonic() + lifetime
        return token

    def _request_token(
        self, scheme: SecurityScheme, scopes: list[str]
    ) -> dict[str, Any]:
        """The keyword arguments of the HTTP library's `build_request`."""
        client_id, secret = self._options[scheme.credentials]
        form = {"client_id": client_id, "client_secret": secret}
        if scopes:
            form["scope"] = " ".join(scopes)
        return {
            "method": "POST",
            "url": urljoin(self._base_url, scheme.name),
            "headers": {
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            "content": urlencode({"grant_type": "client_credentials", **form}).encode(),
        }


def _read_token(response: Any) -> tuple[str, float]:
    """The token of a response, and its lifetime in seconds. Raises HTTPStatusError if it has none."""
    try:
        content = response.json()
    except (ValueError, RecursionError):
        content = None
    data = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    token = data.get("access_token")
    is_text = isinstance(token, str) and token.isascii() and token.isprintable()
    if response.status_code != 200 or not (token and is_text):
        # The content is left out: the server may repeat the secret in it.
        headers = Headers(response.headers.raw)
        request = "POST to the token URL"
        raise status_error(request, response.status_code, headers, content)
    try:
        lifetime = float(data["expires_in"])
    except (KeyError, TypeError, ValueError, OverflowError):
        lifetime = DEFAULT_LIFETIME
    return token, lifetime if 0 <= lifetime < 1e9 else DEFAULT_LIFETIME
