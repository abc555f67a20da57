"""Following `$ref`: to a place in this file or another, by pointer or anchor."""

from __future__ import annotations

import urllib.parse
from typing import Any

from attrs import define, field

from orcagen.diagnostics import Diagnostics, InputError, Repair
from orcagen.openapi.model import Node
from orcagen.pointers import escaped, tokens
from orcagen.source.loader import Source


class UnresolvedReferenceError(InputError):
    """A reference that leads nowhere, or in a circle, inside files that can be read."""


@define
class References:
    """Resolves references against the files of one source. Raises InputError for a target that is not there."""

    source: Source
    found: Diagnostics
    _anchors: dict[str, dict[str, Node]] = field(factory=dict)
    _targets: dict[tuple[str, str], Node] = field(factory=dict)

    def root(self) -> Node:
        return Node(self.source.root, "", self.source.get(self.source.root).value)

    def resolve_once(self, node: Node, reference: str) -> Node:
        """The node that `reference`, standing at `node`, names. One step: the target may be a reference again."""
        key = (node.file, reference)
        if key not in self._targets:
            self._targets[key] = self._find(node, reference)
        return self._targets[key]

    def resolve(self, node: Node) -> Node:
        """The end of a chain of references that starts at an object other than a schema; {} where there is none."""
        start, seen = node, set()
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            reference = node.value["$ref"]
            try:
                if node.key in seen:
                    raise self.error(
                        node, f"the reference {reference!r} goes in a circle; break the circle"
                    )
                seen.add(node.key)
                node = self.resolve_once(node, reference)
            except UnresolvedReferenceError:
                message = f"the reference {reference!r} leads nowhere or in a circle"
                self.note(node, message, "read as if nothing stood there")
                return Node(start.file, start.pointer, {})
        return node

    def note(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        """Reports what is wrong with the document. Other files than the document itself are not mended."""
        mendable = repairs if node.file == self.source.root else ()
        self.found.add("warning", node.file, node.pointer, message, action, mendable)

    def error(self, node: Node, message: str) -> UnresolvedReferenceError:
        return UnresolvedReferenceError(
            f"{message} (at #{node.pointer})", node.file, self.source.line(node.file, node.pointer)
        )

    def _find(self, node: Node, reference: str) -> Node:
        path, _, fragment = reference.partition("#")
        file = self.source.join(node.file, path)
        if "$id" in _dict(self.source.files[node.file].value) and file not in self.source.files:
            base = str(self.source.files[node.file].value["$id"])
            if urllib.parse.urljoin(base, path) == base:
                file = node.file
        try:
            value = self.source.get(file).value
        except InputError as error:
            raise self.error(
                node, f"the reference {reference!r} cannot be followed: {error}"
            ) from None
        if fragment and not fragment.startswith("/"):
            anchors = self._anchors.setdefault(file, {})
            if not anchors:
                _collect_anchors(Node(file, "", value), anchors)
            if fragment in anchors:
                return anchors[fragment]
            if "/" not in fragment:
                raise self.error(
                    node, f"the reference {reference!r} names an anchor that is nowhere; correct it"
                )
            self.note(
                node,
                f"the reference {reference!r} lacks a slash behind its #",
                "read as if it stood there",
                Repair(node.pointer, {"$ref": reference.replace("#", "#/", 1)}),
            )
            fragment = "/" + fragment
        if fragment == "/" and "" not in _dict(value):
            fragment = ""  # the whole file is meant
        pointer = ""
        for raw in fragment.split("/")[1:]:
            for token in dict.fromkeys((raw, urllib.parse.unquote(raw))):
                key = tokens("/" + token)[0]
                if isinstance(value, dict) and key in value:
                    value = value[key]
                elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
                    value = value[int(key)]
                else:
                    continue
                pointer += "/" + escaped(key)
                break
            else:
                raise self.error(node, f"the reference {reference!r} leads nowhere; correct it")
        return Node(file, pointer, value)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _collect_anchors(root: Node, out: dict[str, Node]) -> None:
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node.value, dict):
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(node.value.get(keyword), str):
                    out.setdefault(node.value[keyword], node)
            stack.extend(node.child(k) for k in reversed(node.value))
        elif isinstance(node.value, list):
            stack.extend(node.child(i) for i in range(len(node.value)))
    out.setdefault("", root)
