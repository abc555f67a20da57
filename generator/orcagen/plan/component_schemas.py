"""The component schemas under the names of the plan, as a document for generators of other kinds of models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orcagen.openapi import Document
from orcagen.plan.symbols import Symbols
from orcagen.schema import TypeGraph

_IGNORED = frozenset(("example", "examples", "discriminator", "externalDocs", "xml"))


def rename_components(
    document: Document, graph: TypeGraph, symbols: Symbols
) -> tuple[dict[str, Any], list[str]]:
    """All components by their symbols, and the pointers of those that are left out: they refer to other documents."""
    prefix = "#/definitions/" if document.openapi_version == "2.0" else "#/components/schemas/"
    values = {n.pointer: n.value for n in document.schemas}
    keys = {key.pointer: key for key in graph.components}
    complete = {
        p
        for p in keys
        if (reachable := _find_reachable(p, values, prefix)) is not None
        and reachable <= keys.keys()
    }
    symbol = {p: symbols.symbol[keys[p]] for p in complete}
    schemas = {symbol[p]: _rename(values[p], symbol) for p in sorted(complete)}
    return schemas, sorted(keys.keys() - complete)


def _find_reachable(start: str, values: dict[str, Any], prefix: str) -> set[str] | None:
    """The components that one refers to, itself included; None where a reference leads elsewhere."""
    reachable: set[str] = set()
    todo = [start]
    while todo:
        pointer = todo.pop()
        if pointer in reachable:
            continue
        reachable.add(pointer)
        for reference in _find_references(values[pointer]):
            if not reference.startswith(prefix) or reference[1:] not in values:
                return None
            todo.append(reference[1:])
    return reachable


def _find_references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for k, v in value.items():
            if k not in _IGNORED:
                yield from _find_references(v)
    elif isinstance(value, list):
        for v in value:
            yield from _find_references(v)


def _rename(value: Any, symbol: dict[str, str]) -> Any:
    if isinstance(value, dict):
        out = {k: _rename(v, symbol) for k, v in value.items() if k not in _IGNORED}
        if isinstance(value.get("$ref"), str):
            out["$ref"] = "#/components/schemas/" + symbol[value["$ref"][1:]]
        return out
    return [_rename(v, symbol) for v in value] if isinstance(value, list) else value
