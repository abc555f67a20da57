"""The component schemas of a document, each where it is defined: in a document of many files that is another one."""

from __future__ import annotations

import collections
from collections.abc import Iterable

from attrs import evolve

from orcagen.openapi.model import Key, Node
from orcagen.openapi.references import References, UnresolvedReferenceError, is_reference, name_file
from orcagen.pointers import escaped

_ANNOTATIONS = frozenset(("description", "summary", "title"))


def find_components(references: References, members: Iterable[Node]) -> tuple[Node, ...]:
    """The component schemas under their names. `members` are those of the map of components.

    A component that is nothing but a reference into another file *is* what it refers to. Of several components that refer to
    one schema, it belongs to the one that its file is named after, else to the first in the alphabet; the others are
    schemas of their own, which refer to it.
    """
    members = list(members)
    own = {node.key for node in members}
    chains = {node.name: _follow(references, node, own) for node in members}
    claims: dict[Key, list[str]] = {}  # the components that refer to a schema directly
    for name, chain in chains.items():
        if chain:
            claims.setdefault(chain[0].key, []).append(name)
    owners = {
        key: _choose_owner(key, names, references.source.root) for key, names in claims.items()
    }
    users = collections.Counter(key for chain in chains.values() for key in {n.key for n in chain})
    components = []
    for node in members:
        name = node.name
        for target in chains[name]:
            if owners.get(target.key, name) != name:
                break
            if target.key not in owners and users[target.key] > 1:
                break
            node = target
        references.component_names[node.key] = name
        components.append(evolve(node, given_name=name))
    return tuple(components)


def find_places(references: References, members: Iterable[Node], pointer: str) -> dict[Key, str]:
    """The pointers of components that are defined in other files, by where they are. `members` are those of the map at
    `pointer`."""
    places: dict[Key, str] = {}
    for node in sorted(members, key=lambda n: n.name):
        declared = f"{pointer}/{escaped(node.name)}"
        places.setdefault(node.key, declared)
        for target in _follow(references, node, set()):
            places.setdefault(target.key, declared)
    return places


def _choose_owner(key: Key, names: list[str], root_file: str) -> str:
    word = key.pointer.rpartition("/")[2] or name_file(key.file, root_file)
    return word if word in names else min(names)


def _follow(references: References, node: Node, own: set[Key]) -> list[Node]:
    """The schemas in other files that a component leads to by references and nothing else."""
    chain: list[Node] = []
    start, seen = node, {node.key}
    while is_reference(node.value) and not node.value.keys() - _ANNOTATIONS - {"$ref"}:
        try:
            node = references.resolve_once(node, node.value["$ref"])
        except UnresolvedReferenceError:
            break  # reported where the schema is read
        if node.key in seen or node.key in own or node.file == start.file:
            break
        seen.add(node.key)
        chain.append(node)
    return chain
