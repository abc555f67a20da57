"""Values of discriminators, from both sides: those that the members of a union declare, and those that the members are
selected by, which are filled in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from attrs import evolve

from orcagen.openapi import Key
from orcagen.schema.model import (
    Alias,
    LiteralType,
    ObjectType,
    Property,
    Scalar,
    Type,
    TypeRef,
    union_members,
)

Named = dict[Key, ObjectType | Alias]


def add_tags(named: Named, names: dict[Key, dict[str, Key]]) -> Named:
    """The types that change: unions with a discriminator, and the classes that one selects.

    What the document maps counts most, then the values that a member lists for the property, then `names`: those of the
    schemas, by the key of the union.
    """
    unions = {k: n for k, n in named.items() if isinstance(n, Alias) and n.discriminator}
    complete: dict[Key, Alias] = {}
    for key in unions:
        _complete(key, unions, named, names, complete)
    tags: dict[tuple[Key, str], dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for alias in unions.values():
        property_name = alias.discriminator or ""
        for rank, values_of in ((0, alias.mapping), (2, names.get(alias.key, {}))):
            for value, target in values_of.items():
                if rank and target in (alias.default, _base(alias)):
                    continue  # what no value selects has none of its own
                if target not in unions:
                    tags[target, property_name][rank].add(value)
                    continue
                if (base := _base(unions[target])) is not None:
                    tags[base, property_name][rank].add(value)
                if unions[target].discriminator != property_name:
                    # Its members are selected by this value first, and then by another property.
                    for member in union_members(unions[target].type):
                        if isinstance(member, TypeRef) and member.key != base:
                            tags[member.key, property_name][rank + 1].add(value)
    changed: Named = dict(complete)
    for (key, property_name), by_rank in tags.items():
        rank = min(by_rank)
        class_ = changed.get(key, named.get(key))
        if isinstance(class_, ObjectType) and len(by_rank[rank]) == 1:
            (value,) = by_rank[rank]
            if not any(p.name == property_name for p in class_.properties):
                # Whatever the schema forgets: the value is what selects it.
                tag = Property(property_name, Scalar("str"), required=False, description="")
                class_ = evolve(class_, properties=(*class_.properties, tag))
            properties = tuple(
                evolve(p, constant=_convert(value, _expand(p.type, named), is_mapped=rank < 2))
                if p.name == property_name and p.constant is None
                else p
                for p in class_.properties
            )
            changed[key] = evolve(class_, properties=properties)
    return changed


def _base(alias: Alias) -> Key | None:
    """The schema that all members of a union extend."""
    return alias.parent if alias.key.role else None


def _complete(
    key: Key,
    unions: dict[Key, Alias],
    named: Named,
    names: dict[Key, dict[str, Key]],
    complete: dict[Key, Alias],
) -> Alias:
    """The union with its whole mapping, and the class that all its members extend as its default."""
    if key in complete:
        return complete[key]
    alias = unions[key]
    complete[key] = alias  # for unions that contain each other
    declared: dict[str, set[Key]] = {}
    for member in union_members(alias.type):
        if not isinstance(member, TypeRef):
            continue
        target = named[member.key]
        if isinstance(target, ObjectType):
            tag = next((p for p in target.properties if p.name == alias.discriminator), None)
            for value in _list_values(tag.type, named) if tag else ():
                declared.setdefault(value, set()).add(member.key)
        elif target.discriminator == alias.discriminator:
            for value in _complete(member.key, unions, named, names, complete).mapping:
                declared.setdefault(value, set()).add(member.key)
    mapping = names.get(key, {}) | alias.mapping
    for value, keys in declared.items():
        if value not in alias.mapping and len(keys) == 1:
            mapping[value] = next(iter(keys))
    default = alias.default or _base(alias) or _find_shared_base(alias, named)
    complete[key] = evolve(alias, mapping=mapping, default=default)
    return complete[key]


def _find_shared_base(alias: Alias, named: Named) -> Key | None:
    """The nearest class with the discriminator's property that all members of a union are or extend."""
    members = [m.key for m in union_members(alias.type) if isinstance(m, TypeRef)]
    if len(members) < 2:
        return None
    first, *others = (_list_bases(key, named) for key in members)
    shared = (k for k in first if all(k in bases for bases in others))
    return next((k for k in shared if _has_tag(k, alias, named)), None)


def _list_bases(key: Key, named: Named) -> list[Key]:
    """A schema and those that it extends, the nearest first."""
    bases = [key]
    for base in bases:
        extends = getattr(named[base], "extends", ())
        bases += [k for k in extends if k in named and k not in bases]
    return bases


def _has_tag(key: Key, alias: Alias, named: Named) -> bool:
    class_ = named[key]
    return isinstance(class_, ObjectType) and any(
        p.name == alias.discriminator for p in class_.properties
    )


def _expand(type_: Type, named: Named) -> Iterator[Type]:
    """The members of a type, with those of the aliases that it refers to."""
    for member in union_members(type_):
        target = named[member.key] if isinstance(member, TypeRef) else None
        if isinstance(target, Alias):
            yield from _expand(target.type, named)
        else:
            yield member


def _list_values(type_: Type, named: Named) -> list[str]:
    """The values that a type lists, as the text by which discriminators compare them."""
    return [
        _to_text(value)
        for member in _expand(type_, named)
        if isinstance(member, LiteralType)
        for value in member.values
    ]


def _to_text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _convert(value: str, types: Iterable[Type], *, is_mapped: bool) -> str | int | bool | None:
    """The value of a discriminator as one of some types; None where none of them has it. The name of a schema is none of
    those that an enum is open for."""
    for member in types:
        match member:
            case LiteralType(values, open_type):
                for constant in values:
                    if _to_text(constant) == value:
                        return constant
                if open_type == "str" and is_mapped:
                    return value
            case Scalar("str" | "Any"):
                return value
            case Scalar("int") if value.removeprefix("-").isdecimal():
                return int(value)
            case Scalar("bool") if value in ("true", "false"):
                return value == "true"
    return None
