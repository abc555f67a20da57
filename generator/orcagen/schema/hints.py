"""Words for schemas that have no name of their own: the plan makes names of them."""

from __future__ import annotations

import re

from orcagen.openapi import Key, Node
from orcagen.pointers import tokens

_KINDS = {
    "responses": "response",
    "requestBodies": "body",
    "parameters": "parameter",
    "headers": "header",
}
_SHARED = re.compile(
    r"/(?:components/)?(responses|requestBodies|parameters|headers)/([^/]+)/(?!.*/components/)"
)
_SILENT = frozenset(
    "properties schema content items paths components schemas responses requestBody".split()
)


def shared(node: Node) -> str:
    """Words for what stands in a response, body, parameter or header that is a component; "" elsewhere."""
    found = _SHARED.match(node.pointer)
    if found is None:
        return ""
    (name,) = tokens("/" + found[2])
    kind = _KINDS[found[1]]
    return name if name.lower().endswith(kind) else f"{name} {kind}"


def find_parent(node: Node, components: set[Key]) -> tuple[Key | None, str]:
    """The nearest component around a place, and the words from there on."""
    pointer, words = node.pointer, []
    while pointer:
        pointer, _, last = pointer.rpartition("/")
        (word,) = tokens("/" + last)
        if word not in _SILENT:
            words.append(word)
        key = Key(node.file, pointer)
        if key in components:
            return key, " ".join(reversed(words))
    return None, " ".join(reversed(words[:3])) or "schema"


def suggest_variant_name(variant: Node, index: int, suggested_name: str) -> str:
    """Words for one variant of a union: its title, its constant or its number."""
    value = variant.value if isinstance(variant.value, dict) else {}
    if isinstance(value.get("$ref"), str):
        word = value["$ref"].rpartition("/")[2]
    elif isinstance(value.get("title"), str) and value["title"].strip():
        return value["title"] if not suggested_name else f"{suggested_name} {value['title']}"
    else:
        consts = [
            p.get("const", (p.get("enum") or [None])[0])
            for p in (value.get("properties") or {}).values()
            if isinstance(p, dict)
            and ("const" in p or (isinstance(p.get("enum"), list) and len(p["enum"]) == 1))
        ]
        word = next((c for c in consts if isinstance(c, str) and c), f"option {index + 1}")
    return f"{suggested_name} {word}"


def suggest_payload_name(node: Node) -> str:
    """Words for the body of a webhook or a callback: its name."""
    path = tokens(node.pointer)
    places = [i for i, t in enumerate(path[:-1]) if t in ("callbacks", "webhooks", "x-webhooks")]
    return f"{path[places[-1] + 1]} payload" if places else "payload"
