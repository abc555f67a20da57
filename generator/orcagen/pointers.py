"""JSON pointers (RFC 6901)."""

from __future__ import annotations


def tokens(pointer: str) -> list[str]:
    """The reference tokens of a pointer."""
    return [t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]]


def escaped(name: str) -> str:
    """A name as a reference token."""
    return name.replace("~", "~0").replace("/", "~1")
