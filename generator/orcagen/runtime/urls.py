"""URLs of http and https: their parts, and where they lead."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit


def join_url(base: str, url: str) -> str:
    """The absolute URL; "" if there is none."""
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def parse_url(url: str) -> SplitResult | None:
    """The parts of an http or https URL whose host can be looked up; None for any other text."""
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and parts.hostname
        (parts.hostname or "").encode("idna")  # raises on labels that are too long
        return parts if is_valid and parts.port != 0 else None
    except ValueError:
        return None


def find_origin(url: str) -> str:
    """Scheme, host and port of an http or https URL, the latter if it is not the default; "" for any other text."""
    if (parts := parse_url(url)) is None:
        return ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
