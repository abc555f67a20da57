"""Resolves `$ref` to a value in the same file or another one, by JSON pointer or by anchor."""

from __future__ import annotations

import urllib.parse
from functools import partial
from typing import Any

from attrs import define, field

from orcagen.diagnostics import Diagnostics, InputError, Repair
from orcagen.openapi.model import Node
from orcagen.pointers import escaped, tokens
from orcagen.source.loader import Source


class UnresolvedReferenceError(InputError):
    """A reference to a value that does not exist, or that leads back to itself, in files that can be read."""


@define
class References:
    """Resolves references in the files of one source. Raises InputError for a target that does not exist."""

    source: Source
    diagnostics: Diagnostics
    _anchors: dict[str, dict[str, Node]] = field(factory=dict, init=False)  # by file and name
    _targets: dict[tuple[str, str], Node] = field(factory=dict, init=False)

    def root(self) -> Node:
        return Node(self.source.root, "", self.source.get(self.source.root).value)

    def resolve_once(self, node: Node, reference: str) -> Node:
        """The node that `reference`, a value of `node`, names. One step: the target may be a reference again."""
        key = (node.file, reference)
        if key not in self._targets:
            self._targets[key] = self._find(node, reference)
        return self._targets[key]

    def resolve(self, node: Node) -> Node:
        """The end of a chain of references that starts at an object other than a schema.

        A chain without an end is reported, and gives an empty object: the rest of the operation is still usable.
        """
        start, seen = node, set()
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            reference = node.value["$ref"]
            try:
                if node.key in seen:
                    raise self.error(node, f"reference {reference!r} is circular; break the circle")
                seen.add(node.key)
                node = self.resolve_once(node, reference)
            except UnresolvedReferenceError:
                message = f"reference {reference!r} does not resolve or is circular"
                self.warn(node, message, "treated as an empty object")
                return Node(start.file, start.pointer, {})
        return node

    def warn(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        """Reports that the document is wrong. Repairs are for the document itself, not for other files."""
        own = repairs if node.file == self.source.root else ()
        self.diagnostics.add("warning", node.file, node.pointer, message, action, own)

    def error(self, node: Node, message: str) -> UnresolvedReferenceError:
        """The error to raise. Its line is found when it is printed: most errors are caught and become diagnostics."""
        find_line = partial(self.source.find_line, node.file, node.pointer)
        return UnresolvedReferenceError(f"{message} (at #{node.pointer})", node.file, find_line)

    def _find(self, node: Node, reference: str) -> Node:
        path, _, fragment = reference.partition("#")
        file = self._resolve_file(node.file, path)
        try:
            root = Node(file, "", self.source.get(file).value)
        except InputError as error:
            raise self.error(node, f"reference {reference!r} cannot be resolved: {error}") from None
        if fragment and not fragment.startswith("/"):
            if file not in self._anchors:
                self._anchors[file] = _collect_anchors(root)
            if fragment in self._anchors[file]:
                return self._anchors[file][fragment]
            if "/" not in fragment:
                raise self.error(
                    node, f"reference {reference!r} names an anchor that does not exist; correct it"
                )
            self.warn(
                node,
                f"reference {reference!r} has no slash after '#'",
                "resolved as if it had one",
                Repair(node.pointer, {"$ref": reference.replace("#", "#/", 1)}),
            )
            fragment = "/" + fragment
        # "#/" is the value under the empty key. Where there is none, tools mean the whole file.
        if fragment == "/" and "" not in _dict(root.value):
            fragment = ""
        target = _find_pointer(root, fragment)
        if target is None:
            raise self.error(node, f"reference {reference!r} does not resolve; correct it")
        return target

    def _resolve_file(self, base: str, path: str) -> str:
        """The file of a reference. A document may refer to itself by its `$id` (JSON Schema 2020-12, section 8.2.1)."""
        file = self.source.join(base, path)
        if file in self.source.files or "$id" not in _dict(self.source.files[base].value):
            return file
        identifier = str(self.source.files[base].value["$id"])
        return base if urllib.parse.urljoin(identifier, path) == identifier else file


def _find_pointer(root: Node, pointer: str) -> Node | None:
    """The value at a JSON pointer in a URI fragment, whose tokens may be percent-encoded; None if it does not exist."""
    value, resolved = root.value, ""
    for raw in pointer.split("/")[1:]:
        # Some documents have names with a percent sign and do not encode it, so the token as written comes first.
        for token in dict.fromkeys((raw, urllib.parse.unquote(raw))):
            key = tokens("/" + token)[0]
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
            else:
                continue
            resolved += "/" + escaped(key)
            break
        else:
            return None
    return Node(root.file, resolved, value)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _collect_anchors(root: Node) -> dict[str, Node]:
    """The values with `$anchor` or `$dynamicAnchor` by name; of several, the first in the document."""
    anchors: dict[str, Node] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node.value, dict):
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(node.value.get(keyword), str):
                    anchors.setdefault(node.value[keyword], node)
            stack.extend(node.child(k) for k in reversed(node.value))
        elif isinstance(node.value, list):
            stack.extend(node.child(i) for i in range(len(node.value)))
    return anchors
