"""What a URL says of the place that it names."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

__all__ = ["is_local", "origin", "web_address"]


def web_address(url: str) -> SplitResult | None:
    """The parts of an http or https URL whose host can be asked; None for any other text."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        (parts.hostname or "").encode("idna")  # as the resolver will
    except ValueError:
        return None
    return parts if good else None


def origin(url: str) -> str:
    """Scheme, host and port of a URL, in lower case.

    Raises ValueError for a port that is no number.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def is_local(url: str) -> bool:
    """Whether the URL's host is this machine by name or number."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
