"""Suggested names: words for schemas that have no name of their own, by where they are in the document. The plan makes
Python names of them."""

from __future__ import annotations

import re

from orcagen.openapi import Key, Node
from orcagen.pointers import tokens

# Components other than schemas, with the word that is added to their names.
_COMPONENT_KINDS = {
    "responses": "response",
    "requestBodies": "body",
    "parameters": "parameter",
    "headers": "header",
}
_IN_COMPONENT = re.compile(
    r"/(?:components/)?(responses|requestBodies|parameters|headers)/([^/]+)/(?!.*/components/)"
)
# Tokens of pointers that say where a schema is, not what it is.
_STRUCTURAL = frozenset(
    "properties schema content items paths components schemas responses requestBody".split()
)
_PROPERTY = re.compile(r"/(?:properties/[^/]*|patternProperties/[^/]*|additionalProperties)$")
_ALL_OF_MEMBER = re.compile(r"/allOf/\d+$")


def suggest_shared_name(node: Node) -> str:
    """Words for the schema of a response, body, parameter or header that is a component; "" for any other."""
    match = _IN_COMPONENT.match(node.pointer)
    if match is None:
        return ""
    (name,) = tokens("/" + match[2])
    kind = _COMPONENT_KINDS[match[1]]
    return name if name.lower().endswith(kind) else f"{name} {kind}"


def suggest_nested_name(node: Node, components: set[Key]) -> tuple[Key | None, str]:
    """The nearest component around a schema, and words for the way from there; without one, for the last three steps."""
    pointer, path = node.pointer, []
    while pointer:
        pointer, _, last = pointer.rpartition("/")
        (token,) = tokens("/" + last)
        if token not in _STRUCTURAL:
            path.append(token)
        key = Key(node.file, pointer)
        if key in components:
            return key, " ".join(reversed(path))
    return None, " ".join(reversed(path[:3])) or "schema"


def suggest_variant_name(variant: Node, index: int, suggested_name: str) -> str:
    """Words for one variant of a union: the schema that it refers to, its title, its constant or its number."""
    value = variant.value if isinstance(variant.value, dict) else {}
    if isinstance(value.get("$ref"), str):
        word = value["$ref"].rpartition("/")[2]
    elif isinstance(value.get("title"), str) and value["title"].strip():
        return value["title"] if not suggested_name else f"{suggested_name} {value['title']}"
    else:
        properties = value.get("properties")
        constants = [
            p.get("const", (p.get("enum") or [None])[0])
            for p in (properties.values() if isinstance(properties, dict) else ())
            if isinstance(p, dict)
            and ("const" in p or (isinstance(p.get("enum"), list) and len(p["enum"]) == 1))
        ]
        word = next((c for c in constants if isinstance(c, str) and c), f"option {index + 1}")
    return f"{suggested_name} {word}"


def suggest_payload_name(node: Node) -> str:
    """Words for the body of a webhook or a callback: its name."""
    path = tokens(node.pointer)
    places = [i for i, t in enumerate(path[:-1]) if t in ("callbacks", "webhooks", "x-webhooks")]
    return f"{path[places[-1] + 1]} payload" if places else "payload"


def find_property_owner(node: Node, components: set[Key]) -> Key | None:
    """The component that declares a property, itself or in a member of its allOf: a property that other schemas take over
    is named after that one."""
    return find_owner(Key(node.file, _PROPERTY.sub("", node.pointer)), components)


def find_owner(key: Key, components: set[Key]) -> Key | None:
    """The component that is `key`, or has it as a member of its allOf."""
    pointer = key.pointer
    while (outer := _ALL_OF_MEMBER.sub("", pointer)) != pointer:
        pointer = outer
    owner = Key(key.file, pointer)
    return owner if owner in components else None
