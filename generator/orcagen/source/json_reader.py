"""Line numbers of values in JSON text.

Documents are parsed by `json.loads`, which keeps no positions. Where diagnostics need lines, the text is read once more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from orcagen.pointers import PointerTree

# Down to this level, values that no pointer asks for are skipped member by member, so that no second copy of a large
# document is ever in memory.
_OUTLINE_DEPTH = 3
_SPACE = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode


def find_lines(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """The line, from 1, on which the value at each JSON pointer begins; of its nearest parent if it does not exist.

    `text` must be valid JSON. It is read once, however many pointers there are.
    """
    offsets = find_offsets(text, pointers)
    lines, line, counted = dict[str, int](), 1, 0
    for pointer, offset in sorted(offsets.items(), key=lambda item: item[1]):
        line += text.count("\n", counted, offset)
        lines[pointer], counted = line, offset
    return lines


def find_offsets(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """The offset at which the value at each JSON pointer begins; of its nearest parent if it does not exist."""
    pointers = list(pointers)
    tree = PointerTree.build(pointers)
    tree.position = _skip_space(text, 0)
    _visit(text, tree.position, tree, 0)
    return {pointer: tree.nearest(pointer) for pointer in pointers}


def _visit(text: str, at: int, tree: PointerTree, depth: int) -> int:
    """Records where the values of `tree` begin inside the value at `at`. Returns the offset behind that value."""
    opening = text[at]
    if opening not in "{[" or not (tree.children or depth < _OUTLINE_DEPTH):
        return int(_decode(text, at)[1])
    at = _skip_space(text, at + 1)
    index = 0
    while text[at] not in "}]":
        key = str(index)
        if opening == "{":
            key, at = _decode(text, at)
            at = _skip_space(text, _skip_space(text, at) + 1)  # behind the colon
        child = tree.children.get(key)
        if child is not None:
            if child.position is not None:
                child.forget()  # of two members with the same name the last one counts
            child.position = at
        at = _skip_space(text, _visit(text, at, child or PointerTree(), depth + 1))
        if text[at] == ",":
            at = _skip_space(text, at + 1)
        index += 1
    return at + 1


def _skip_space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]
