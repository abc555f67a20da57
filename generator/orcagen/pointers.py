"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field


def tokens(pointer: str) -> list[str]:
    """The reference tokens of a pointer."""
    return [t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]]


def escaped(name: str) -> str:
    """A name as a reference token."""
    return name.replace("~", "~0").replace("/", "~1")


@define
class PointerTree:
    """Many pointers as a tree, so that one walk through a document finds the positions of all of them.

    `position` is an offset or a line number, whatever the walk records; None where the document has no such value.
    """

    children: dict[str, PointerTree] = field(factory=dict)
    position: int | None = None

    @classmethod
    def build(cls, pointers: Iterable[str]) -> PointerTree:
        root = cls()
        for pointer in pointers:
            tree = root
            for token in tokens(pointer):
                tree = tree.children.setdefault(token, cls())
        return root

    def nearest(self, pointer: str) -> int:
        """The position of the value at a pointer, or of its nearest parent that has one."""
        tree, position = self, self.position
        for token in tokens(pointer):
            tree = tree.children[token]
            if tree.position is None:
                break
            position = tree.position
        return position or 0

    def forget(self) -> None:
        """Removes all positions recorded so far."""
        stack = [self]
        while stack:
            tree = stack.pop()
            tree.position = None
            stack.extend(tree.children.values())
