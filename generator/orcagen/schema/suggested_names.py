"""Suggested names: words for schemas that have no name of their own, by where they are in the document. The plan makes
Python names of them."""

from __future__ import annotations

import re
from collections.abc import Collection

from orcagen.openapi import Key, Node
from orcagen.openapi.references import name_file, unquote_path
from orcagen.pointers import escaped, tokens
from orcagen.source.loader import relative_path

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
_DEFINITIONS = frozenset(("$defs", "definitions", "schemas"))  # whose members are named
_APPLICATORS = frozenset(
    "properties patternProperties additionalProperties unevaluatedProperties propertyNames dependentSchemas items prefixItems "
    "unevaluatedItems contains allOf oneOf anyOf not if then else content schema".split()
)
_PROPERTY = re.compile(r"/(?:properties/[^/]*|patternProperties/[^/]*|additionalProperties)$")
_ALL_OF_MEMBER = re.compile(r"/allOf/\d+$")


def suggest_shared_name(place: str) -> str:
    """Words for the schema of a response, body, parameter or header that is a component; "" for any other. `place` is
    where the schema is in the document."""
    match = _IN_COMPONENT.match(place)
    if match is None:
        return ""
    (name,) = tokens("/" + match[2])
    return _with_kind(name, _COMPONENT_KINDS[match[1]])


def suggest_included_name(node: Node, kind: str, root_file: str) -> str:
    """Words for the schema of a response, body, parameter or header that is in another file than the operation, by the
    name that it has there; "" for a schema that is not a part of one. `kind` is one of these four words."""
    path = tokens(node.pointer)
    places = [i for i, token in enumerate(path) if token in ("content", "schema", "headers")]
    if not places:
        return ""
    before = [token for token in path[: places[0]] if "/" not in token]  # a media type
    name = before[-1] if before else name_file(node.file, root_file)
    return _with_kind(name, kind)


def _with_kind(name: str, kind: str) -> str:
    return name if name.lower().endswith(kind) else f"{name} {kind}"


def find_enclosing_schema(pointer: str) -> str:
    """The pointer of the schema in a file, or among `$defs`, that a schema is a part of, or that it is itself."""
    path = tokens(pointer)
    start = max((i + 2 for i, token in enumerate(path[:-1]) if token in _DEFINITIONS), default=0)
    end = next((i for i in range(start, len(path)) if path[i] in _APPLICATORS), len(path))
    return "".join(f"/{escaped(token)}" for token in path[:end])


def suggest_qualifiers(node: Node, root_file: str, components: dict[Key, str]) -> tuple[str, ...]:
    """What tells a schema that is no component from others of its name: the component or the file that holds it, then the
    folders of that."""
    qualifiers = []
    pointer = node.pointer
    while pointer:
        pointer = pointer.rpartition("/")[0]
        if name := components.get(Key(node.file, pointer)):
            qualifiers.append(name)
    if node.file != root_file:
        *folders, _ = unquote_path(relative_path(node.file, root_file)).split("/")
        stem = name_file(node.file, root_file)
        names = [stem] if node.pointer else []
        names += [f for f in reversed(folders) if f not in ("", "..", ".")]
        qualifiers += [n for n in names if n not in qualifiers and n != node.name]
    return tuple(qualifiers)


def suggest_nested_name(node: Node, components: Collection[Key]) -> tuple[Key | None, str]:
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


def suggest_variant_name(variant: Node, target: str, index: int, suggested_name: str) -> str:
    """Words for one variant of a union: the schema that it refers to, whose name is `target`, its title, its constant or its
    number."""
    value = variant.value if isinstance(variant.value, dict) else {}
    if target:
        word = target
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


def find_property_owner(node: Node, components: Collection[Key]) -> Key | None:
    """The component that declares a property, itself or in a member of its allOf: a property that other schemas take over
    is named after that one."""
    return find_owner(Key(node.file, _PROPERTY.sub("", node.pointer)), components)


def find_owner(key: Key, components: Collection[Key]) -> Key | None:
    """The component that is `key`, or has it as a member of its allOf."""
    pointer = key.pointer
    while (outer := _ALL_OF_MEMBER.sub("", pointer)) != pointer:
        pointer = outer
    owner = Key(key.file, pointer)
    return owner if owner in components else None
