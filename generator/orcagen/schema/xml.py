"""XML Objects: what a document says about the XML form of a schema (OpenAPI, XML Object).

The result is a dict of what differs from the default, an element with the name of the property: `name`, `namespace`,
`prefix`, `node` (attribute, text, cdata, none; element for an array with an element of its own), and `items` or `values`, which
are the same for the items of an array or the values of a map.
"""

from __future__ import annotations

import re
from typing import Any

from orcagen.openapi import Node
from orcagen.schema.keywords import (
    clean_text,
    get_keyword,
    get_reference,
    list_subschemas,
    read_types,
)
from orcagen.schema.resolve import SchemaResolver

_NAME = re.compile(r"[^\W\d][\w.\-]*")
_NODES = ("element", "attribute", "text", "cdata", "none")


def read_xml(
    resolver: SchemaResolver, node: Node, seen: frozenset[Node] = frozenset()
) -> dict[str, Any]:
    """The XML form of a schema. What stands beside a reference goes before what the target says."""
    chain = _follow(resolver, node)
    if chain[-1] in seen:  # an array of itself
        return {}
    seen |= {chain[-1]}
    objects = [xml for n in chain if isinstance(xml := get_keyword(n, "xml"), dict)]
    merged = {k: v for xml in reversed(objects) for k, v in xml.items()}
    out = {
        k: merged[k]
        for k in ("name", "namespace", "prefix")
        if isinstance(merged.get(k), str) and merged[k]
    }
    if not _NAME.fullmatch(out.get("name", "")):
        out.pop("name", None)
    target = chain[-1]
    is_array = "array" in read_types(target.value) if isinstance(target.value, dict) else False
    kind = _read_node_type(merged, is_array)
    if kind != ("none" if is_array else "element"):
        out["node"] = kind
    for keyword, key in (("items", "items"), ("additionalProperties", "values")):
        if isinstance(get_keyword(target, keyword), dict):
            inner = read_xml(resolver, target.child(keyword), seen)
            if inner:
                out[key] = inner
    return out


def read_property_xml(resolver: SchemaResolver, node: Node, name: str) -> dict[str, Any]:
    out = read_xml(resolver, node)
    return {k: v for k, v in out.items() if (k, v) != ("name", name)}


def read_root_xml(resolver: SchemaResolver, node: Node) -> dict[str, Any]:
    """The XML form of a body, with the name of the root element: `xml.name`, else that of the component (XML Node Names)."""
    out = read_xml(resolver, node)
    out.pop("node", None)
    out.setdefault("name", _name_component(resolver, node) or "root")
    items = _follow(resolver, node)[-1]
    if isinstance(get_keyword(items, "items"), dict):
        name = _name_component(resolver, items.child("items"))
        if name and "name" not in out.get("items", {}):
            out["items"] = {"name": name, **out.get("items", {})}
    return out


def _read_node_type(xml: dict[str, Any], is_array: bool) -> str:
    """`nodeType` of OpenAPI 3.2; `attribute` and `wrapped`, which it replaces; `x-ms-text` of AutoRest."""
    if xml.get("nodeType") in _NODES:
        return str(xml["nodeType"])
    if xml.get("attribute") is True:
        return "attribute"
    if xml.get("x-ms-text") is True:
        return "text"
    return "none" if is_array and xml.get("wrapped") is not True else "element"


def _follow(resolver: SchemaResolver, node: Node) -> list[Node]:
    """A schema and what it refers to, by references, an allOf of one, or a variant beside null."""
    chain = [node]
    while isinstance(chain[-1].value, dict):
        current = chain[-1]
        reference = get_reference(current.value)
        if isinstance(reference, str):
            following = resolver.follow(current)
        else:
            variants = [
                [n for n in list_subschemas(current, k) if read_types(_as_dict(n)) != {"null"}]
                for k in ("allOf", "anyOf", "oneOf")
            ]
            single = [v[0] for v in variants if len(v) == 1]
            if not single or "properties" in current.value:
                break
            following = single[0]
        if following in chain:
            break
        chain.append(following)
    return chain


def _as_dict(node: Node) -> dict[str, Any]:
    return node.value if isinstance(node.value, dict) else {}


def _name_component(resolver: SchemaResolver, node: Node) -> str | None:
    names = [n.name for n in _follow(resolver, node) if resolver.is_named(n.key)]
    title = clean_text(get_keyword(node, "title"))
    return next((n for n in [*names, title] if _NAME.fullmatch(n)), None)
