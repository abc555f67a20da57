"""Which schemas of request bodies get typed dicts, and the document that datamodel-code-generator makes them from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from orcagen.openapi import Document
from orcagen.plan.symbols import Symbols
from orcagen.schema import Key, TypeGraph, TypeRef, UnionType

_UNNEEDED = frozenset(("example", "examples", "discriminator", "externalDocs", "xml"))


@frozen
class TypedDicts:
    """`names` gives the typed dict of a component; `schemas` are their schemas, under those names."""

    names: dict[Key, str] = field(factory=dict)
    schemas: dict[str, Any] = field(factory=dict)


def typed_dicts(document: Document, graph: TypeGraph, symbols: Symbols) -> TypedDicts:
    """Typed dicts for the components that JSON bodies name, and for all that those refer to.

    A component that refers to anything but components of its own file gets none.
    """
    at = {key.pointer: key for key in graph.components}
    prefix = "#/definitions/" if document.openapi_version == "2.0" else "#/components/schemas/"
    values = {n.pointer: n.value for n in document.schemas}
    wanted: set[str] = set()
    for op in document.operations:
        for content in op.body.content if op.body else ():
            if content.schema is not None:
                type_ = graph.types[content.schema.key]
                members = type_.members if isinstance(type_, UnionType) else (type_,)
                wanted |= {
                    m.key.pointer for m in members if isinstance(m, TypeRef) and m.key.pointer in at
                }
    chosen: set[str] = set()
    for pointer in sorted(wanted):
        if (reached := _reached(pointer, values, prefix)) is not None:
            chosen |= reached
    names = {pointer: symbols.symbol[at[pointer]] + "Dict" for pointer in chosen}
    schemas = {
        names[p]: _renamed(values[p], names, prefix) for p in sorted(chosen, key=names.__getitem__)
    }
    return TypedDicts({at[p]: name for p, name in names.items()}, schemas)


def renamed_components(
    document: Document, graph: TypeGraph, symbols: Symbols
) -> tuple[dict[str, Any], list[str]]:
    """All components under their symbols, and the pointers of those that refer elsewhere and are left out."""
    prefix = "#/definitions/" if document.openapi_version == "2.0" else "#/components/schemas/"
    values = {n.pointer: n.value for n in document.schemas}
    at = {key.pointer: key for key in graph.components}
    whole = {
        p
        for p in at
        if (reached := _reached(p, values, prefix)) is not None and reached <= at.keys()
    }
    names = {p: symbols.symbol[at[p]] for p in whole}
    return {names[p]: _renamed(values[p], names, prefix) for p in sorted(whole)}, sorted(
        at.keys() - whole
    )


def _reached(start: str, values: dict[str, Any], prefix: str) -> set[str] | None:
    """The components behind one, itself included; None where a reference leads elsewhere."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        pointer = todo.pop()
        if pointer in seen:
            continue
        seen.add(pointer)
        for reference in _references(values[pointer]):
            if not reference.startswith(prefix) or reference[1:] not in values:
                return None
            todo.append(reference[1:])
    return seen


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for k, v in value.items():
            if k not in _UNNEEDED:
                yield from _references(v)
    elif isinstance(value, list):
        for v in value:
            yield from _references(v)


def _renamed(value: Any, names: dict[str, str], prefix: str) -> Any:
    if isinstance(value, dict):
        out = {k: _renamed(v, names, prefix) for k, v in value.items() if k not in _UNNEEDED}
        if isinstance(value.get("$ref"), str):
            out["$ref"] = "#/components/schemas/" + names[value["$ref"][1:]]
        return out
    return [_renamed(v, names, prefix) for v in value] if isinstance(value, list) else value
