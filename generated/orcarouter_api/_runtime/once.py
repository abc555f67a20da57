"""Clients that send each call once, for engines that repeat requests by rules of their own."""

from __future__ import annotations

from typing import Self

from .client import BaseClient


class OnceClient(BaseClient):
    """A client that can make such a client of itself."""

    def _copy_for_once(self, base_url: str = "") -> Self:
        """One that sends once, perhaps to another URL at its origin; credentials, cookies and connections are the same."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other._retries = None
        if base_url:
            other._base_url = other._own_url = base_url
        return other
