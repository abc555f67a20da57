"""Which class is a subclass of which: one that extends a component by allOf, of that component's class."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from orcagen.openapi import Key
from orcagen.plan.model import Field, ModelClass, TypeAliasPlan
from orcagen.plan.symbols import Symbols
from orcagen.schema import ANY, ObjectType, TypeGraph


def plan_inheritance(
    graph: TypeGraph,
    symbols: Symbols,
    classes: dict[Key, ModelClass],
    aliases: dict[Key, TypeAliasPlan],
) -> None:
    """Gives the classes in `classes` their bases: the first schema of the allOf whose fields they all have, with the same
    types, as Python requires of attributes that can be assigned to."""
    keys = {class_.symbol: key for key, class_ in classes.items()}
    # A module imports the bases of its classes, and what its aliases rename: not in a circle.
    imported: dict[str, set[str]] = {}
    module_of = {symbols.symbol[key]: module for key, module in symbols.module.items()}
    for key, alias in aliases.items():
        if alias.alias_of is not None:
            imported.setdefault(symbols.module[key], set()).add(module_of[alias.alias_of])
    for key, class_ in classes.items():
        if class_.base is not None:
            imported.setdefault(symbols.module[key], set()).add(module_of[class_.base])
    for key, class_ in list(classes.items()):
        named = graph.named[key]
        if class_.base is not None or not isinstance(named, ObjectType):
            continue
        module = symbols.module[key]
        for base_key in named.extends:
            base = classes.get(base_key)
            if base is None or not _has_fields_of(class_, base):
                continue
            base_module = symbols.module[base_key]
            if key in _list_bases(base_key, classes, keys):
                continue
            if base_module != module:
                if _reaches(base_module, module, imported):
                    continue
                imported.setdefault(module, set()).add(base_module)
            fields = {f.name: f for f in base.fields}
            inherited = tuple(f.name for f in class_.fields if fields.get(f.name) == f)
            classes[key] = evolve(class_, base=base.symbol, inherited=inherited)
            break


def put_bases_first(classes: Iterable[ModelClass]) -> tuple[ModelClass, ...]:
    """The classes of one module, each after its base."""
    by_symbol = {c.symbol: c for c in classes}
    ordered: dict[str, ModelClass] = {}

    def add(class_: ModelClass) -> None:
        if class_.base in by_symbol and class_.base not in ordered:
            add(by_symbol[class_.base])
        ordered.setdefault(class_.symbol, class_)

    for class_ in by_symbol.values():
        add(class_)
    return tuple(ordered.values())


def _has_fields_of(class_: ModelClass, base: ModelClass) -> bool:
    fields = {f.name: f for f in class_.fields}
    return (
        (class_.additional_properties or ANY) == (base.additional_properties or ANY)
        and (class_.is_closed or not base.is_closed)
        and all(f.name in fields and is_compatible(fields[f.name], f) for f in base.fields)
    )


def is_compatible(own: Field, inherited: Field) -> bool:
    """Whether a field can stand for an inherited one: its default and its documentation can differ."""
    return (own.name, own.json_name, own.type, own.required) == (
        inherited.name,
        inherited.json_name,
        inherited.type,
        inherited.required,
    )


def _list_bases(key: Key, classes: dict[Key, ModelClass], keys: dict[str, Key]) -> list[Key]:
    """A class and all that it extends, so far."""
    bases = [key]
    while (base := keys.get(classes[bases[-1]].base or "")) is not None:
        bases.append(base)
    return bases


def _reaches(start: str, module: str, imported: dict[str, set[str]]) -> bool:
    """Whether a module imports another one, directly or through others."""
    todo, seen = [start], {start}
    while todo:
        new = imported.get(todo.pop(), set()) - seen
        if module in new:
            return True
        seen |= new
        todo += new
    return False
