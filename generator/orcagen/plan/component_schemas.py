"""The component schemas under the names of the plan, as a document for generators of other kinds of models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, field

from orcagen.diagnostics import InputError
from orcagen.openapi import Document, Key, Node, References
from orcagen.plan.symbols import Symbols
from orcagen.schema.resolve import SchemaResolver

_IGNORED = frozenset(("example", "examples", "discriminator", "externalDocs", "xml"))
_MAX_NESTING = 5  # of references to schemas without a name, which are written where they are used


def rename_components(
    document: Document, references: References, keys: Iterable[Key], symbols: Symbols
) -> dict[str, Any]:
    """Some schemas by their symbols, with all named ones that they refer to, in whatever file these are."""
    schemas = _Schemas(SchemaResolver(document, references), symbols, list(keys))
    while schemas.todo:
        key = schemas.todo.pop()
        if (symbol := symbols.symbol[key]) not in schemas.by_symbol:
            schemas.by_symbol[symbol] = {}
            node = schemas.resolver.find(key.file, key.pointer)
            schemas.by_symbol[symbol] = schemas.rename(node, (key,), symbol)
    return dict(sorted(schemas.by_symbol.items()))


@define
class _Schemas:
    resolver: SchemaResolver
    symbols: Symbols
    todo: list[Key]
    by_symbol: dict[str, Any] = field(factory=dict)

    def rename(self, node: Node, path: tuple[Key, ...], within: str) -> Any:
        """A part of the schema with the symbol `within`, references renamed. `path` are the schemas around it."""
        value = node.value
        if isinstance(value, list):
            return [self.rename(node.child(i), path, within) for i in range(len(value))]
        if not isinstance(value, dict):
            return value
        own = {
            k: self.rename(node.child(k), path, within)
            for k in value
            if k not in _IGNORED and not (k == "$ref" and isinstance(value[k], str))
        }
        if not isinstance(value.get("$ref"), str):
            return own
        try:
            target = self.resolver.references.resolve_once(node, value["$ref"])
        except InputError:  # reported where the types were made; any value is allowed
            return own
        symbol = self.symbols.symbol.get(Key(target.file, target.pointer))
        if symbol is not None and symbol != within:
            self.todo.append(Key(target.file, target.pointer))
            return {**own, "$ref": f"#/components/schemas/{symbol}"}
        if target.key == path[0]:
            return {**own, "$ref": f"#/components/schemas/{within}"}
        if target.key in path or len(path) > _MAX_NESTING:
            return own
        inlined = self.rename(target, (*path, target.key), within)
        return {**inlined, **own} if isinstance(inlined, dict) else own
