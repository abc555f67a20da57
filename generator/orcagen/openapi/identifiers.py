"""`$id`, `$anchor` and `$dynamicAnchor`: the URIs and the names that the schemas of one file have (JSON Schema Core 8.2)."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from typing import Any

from attrs import define, field

from orcagen.openapi.model import Node
from orcagen.pointers import escaped

# Files without these words, nearly all, are not walked.
WORDS = ("$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$self")
# Keywords whose values are no schemas, whatever they look like.
_VALUES = frozenset("example examples default enum const mapping".split())
# Keywords whose values are maps: the keys there are names, not keywords.
_MAPS = frozenset(
    "properties patternProperties dependentSchemas $defs definitions schemas responses parameters headers requestBodies "
    "callbacks links pathItems paths webhooks content encoding securitySchemes".split()
)
_ENTRIES = frozenset(("schema", "itemSchema"))


@define
class Identifiers:
    """The identifiers in one file.

    `uris` are the absolute URIs of its schema resources by their pointers, "" for the file itself. `scopes` are the pointers
    of what anchors belong to: resources, and the outermost Schema Objects of an OpenAPI document. `anchors` has them by scope
    and name, `dynamic` those that `$dynamicRef` can find from outside, with the name "" for a `$recursiveAnchor`.
    """

    root: Node
    uris: dict[str, str]
    scopes: set[str] = field(factory=set)
    anchors: dict[tuple[str, str], Node] = field(factory=dict)
    dynamic: dict[str, dict[str, Node]] = field(factory=dict)

    @classmethod
    def read(cls, root: Node, uri: str) -> Identifiers:
        """Those in the file `root`, which was retrieved from `uri`."""
        out = cls(root, {"": uri}, {""})
        is_openapi = isinstance(root.value, dict) and not {"openapi", "swagger"}.isdisjoint(
            root.value
        )
        if is_openapi and isinstance(root.value.get("$self"), str):
            # OpenAPI 3.2, OpenAPI Object: the base URI of the document.
            out.uris[""] = urllib.parse.urljoin(uri, root.value["$self"]).partition("#")[0]
        out._walk(root, is_openapi)
        return out

    def resource(self, pointer: str) -> str:
        """The pointer of the schema resource that a value belongs to: the nearest `$id` around it, else the file."""
        return _nearest(pointer, self.uris)

    def scope(self, pointer: str) -> str:
        return _nearest(pointer, self.scopes)

    def find_anchor(self, pointer: str, name: str) -> Node | None:
        """The anchor that a name means at a place: of its own scope, then of its own resource."""
        scope, resource = self.scope(pointer), self.resource(pointer)
        own = self.anchors.get((scope, name))
        if own is None:
            candidates = (
                node
                for (other, anchor), node in self.anchors.items()
                if anchor == name and self.resource(other) == resource
            )
            own = next(candidates, None)
        return own

    def _walk(self, root: Node, is_openapi: bool) -> None:
        # In OpenAPI documents anchors outside of a resource belong to the outermost schema around them.
        stack: list[tuple[Any, str, str, str | None, bool]] = [
            (root.value, "", "", None if is_openapi else "", False)
        ]
        while stack:
            value, pointer, resource, scope, is_map = stack.pop()
            if isinstance(value, dict) and not is_map:
                identifier = value.get("$id")
                if isinstance(identifier, str) and not (is_openapi and not pointer):
                    if identifier.startswith("#"):  # an anchor, as up to draft 7
                        self._add_anchor(value, pointer, scope or "", identifier[1:])
                    else:
                        uri = urllib.parse.urljoin(self.uris[resource], identifier)
                        self.uris[pointer] = uri.partition("#")[0]
                        self.scopes.add(pointer)
                        resource = scope = pointer
                for keyword in ("$anchor", "$dynamicAnchor"):
                    if isinstance(value.get(keyword), str):
                        self._add_anchor(value, pointer, scope or "", value[keyword])
                if isinstance(value.get("$dynamicAnchor"), str):
                    self._add_dynamic(value, pointer, scope or "", value["$dynamicAnchor"])
                if value.get("$recursiveAnchor") is True:
                    self._add_dynamic(value, pointer, scope or "", "")
            children: list[tuple[Any, str, str, str | None, bool]] = []
            for key, child in _children(value):
                if not isinstance(child, (dict, list)) or (not is_map and key in _VALUES):
                    continue
                place = f"{pointer}/{escaped(key)}"
                inner = scope
                if inner is None and (
                    key in _ENTRIES or pointer in ("/components/schemas", "/definitions")
                ):
                    inner = place
                    self.scopes.add(place)
                children.append((child, place, resource, inner, not is_map and key in _MAPS))
            stack += reversed(children)

    def _add_anchor(self, value: Any, pointer: str, scope: str, name: str) -> None:
        self.anchors.setdefault((scope, name), Node(self.root.file, pointer, value))

    def _add_dynamic(self, value: Any, pointer: str, scope: str, name: str) -> None:
        node = Node(self.root.file, pointer, value)
        self.dynamic.setdefault(scope, {}).setdefault(name, node)


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(i), v) for i, v in enumerate(value))


def _nearest(pointer: str, places: Any) -> str:
    """The pointer itself or its nearest parent that is among some, which contain ""."""
    while pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return pointer
