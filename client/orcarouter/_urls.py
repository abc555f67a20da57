"""Parsing the URLs that requests go to."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

__all__ = ["is_loopback", "parse_http_url"]


def parse_http_url(url: str) -> SplitResult | None:
    """Split an http or https URL; None for any other text, and for hosts that cannot be resolved."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        # The resolver encodes the host name in the same way, and raises on labels that are too long.
        (parts.hostname or "").encode("idna")
    except ValueError:
        return None
    return parts if valid else None


def is_loopback(url: str) -> bool:
    """Whether the URL's host is a loopback address, or a name of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
