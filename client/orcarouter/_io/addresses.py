"""Which addresses are public: a URL of a response must not reach into the user's network (SSRF)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

__all__ = ["ALLOW_PRIVATE_VARIABLE", "PrivateAddressError", "check_addresses"]

ALLOW_PRIVATE_VARIABLE = "ORCAROUTER_ALLOW_PRIVATE"

_MAPPED = ipaddress.ip_network("::ffff:0:0/96")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# Networks in IPv6 that lead to others, or to this site, and that `is_global` takes for public: IPv4-compatible and
# local NAT64 addresses, 6to4, site-local addresses (RFC 4291, 8215, 3056, 3879).
_NOT_PUBLIC = [
    ipaddress.ip_network(text) for text in ("::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10")
]
_BENCHMARKING = ipaddress.ip_network("198.18.0.0/15")


class PrivateAddressError(Exception):
    """A host is at an address that is not public; nothing was sent to it."""


def check_addresses(host: str, addresses: Iterable[str]) -> None:
    """Raise PrivateAddressError if an address of a host is not public."""
    for text in addresses:
        ip = ipaddress.ip_address(text.partition("%")[0])  # without the IPv6 zone
        if _is_public(ip):
            continue
        why = f"{host} is at {ip}, which is not a public address"
        if ip in _BENCHMARKING:
            why += "; some VPNs and proxies give every host an address in 198.18.0.0/15"
        raise PrivateAddressError(
            f"{why}. The option allow_private=True, or {ALLOW_PRIVATE_VARIABLE}=1, allows it"
        )


def _is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if ip.version == 6 and (ip in _MAPPED or ip in _NAT64):
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not ip.is_multicast
