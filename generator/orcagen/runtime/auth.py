"""OAuth 2 client credentials (RFC 6749, section 4.4)."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any
from urllib.parse import urlencode

from .errors import Headers, status_error

UNKNOWN = 300.0  # seconds for which a token is used whose lifetime is not said
EARLY = 30.0  # seconds before its end at which a token is replaced


def client_token(
    url: str, credentials: tuple[str, str], tokens: dict[str, tuple[str, float]]
) -> Generator[dict[str, Any], Any, str]:
    """The access token for a client id and secret; fetched when there is none, or it ends soon.

    Raises StatusError when it is refused.
    """
    token, ends = tokens.get(url, ("", 0.0))
    if time.monotonic() < ends - EARLY:
        return token
    body = urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": credentials[0],
            "client_secret": credentials[1],
        }
    )
    headers = [
        ("Accept", "application/json"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]
    response = yield {
        "method": "POST",
        "url": url,
        "headers": headers,
        "content": body.encode(),
    }
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
    token = str(data["access_token"])
    lifetime = data.get("expires_in")
    seconds = float(lifetime) if isinstance(lifetime, (int, float)) else UNKNOWN
    tokens[url] = (token, time.monotonic() + seconds)
    return token
