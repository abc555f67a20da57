"""Classes and aliases: what the modules of `models/` contain."""

from __future__ import annotations

from attrs import evolve

from orcagen.openapi.regular_expressions import is_cheap
from orcagen.plan import names
from orcagen.plan.constants import add_constants
from orcagen.plan.inheritance import is_compatible, plan_inheritance, put_bases_first
from orcagen.plan.model import (
    Constant,
    DiscriminatorPlan,
    Documentation,
    Field,
    ModelClass,
    ModelModule,
    TypeAliasPlan,
)
from orcagen.plan.symbols import Symbols, find_alias_target
from orcagen.plan.text import clean_markdown, one_line
from orcagen.schema import (
    ANY,
    Alias,
    Key,
    ObjectType,
    Property,
    Type,
    TypeGraph,
    TypeRef,
    UnionType,
    union_members,
)


def plan_modules(graph: TypeGraph, symbols: Symbols, has_xml: bool) -> tuple[ModelModule, ...]:
    """One module per component, with the schemas inside it; schemas of an operation share a module too."""
    members = [_list_members(graph, u) for u in _list_structural_unions(graph)]
    with_pattern = _find_distinguishing_patterns(members)
    components = set(graph.components)
    classes: dict[Key, ModelClass] = {}
    aliases: dict[Key, TypeAliasPlan] = {}
    for key in sorted(symbols.module, key=lambda k: (k not in components, symbols.symbol[k])):
        named = graph.named[key]
        if isinstance(named, ObjectType):
            classes[key] = _plan_class(named, symbols, with_pattern, has_xml)
            continue
        target = find_alias_target(named)
        if target is None or symbols.symbol[target] != symbols.symbol[key]:
            aliases[key] = _plan_alias(named, symbols)
    bases: dict[Key, ModelClass] = {}
    for key, alias in list(aliases.items()):
        if base := _plan_base(graph, alias, key, classes):
            bases[key] = base
            del aliases[key]
    plan_inheritance(graph, symbols, classes, aliases)
    aliases = add_constants(aliases, set(symbols.symbol.values()))
    modules: dict[str, tuple[list[ModelClass], list[TypeAliasPlan]]] = {}
    for key, class_ in (*bases.items(), *classes.items()):
        modules.setdefault(symbols.module[key], ([], []))[0].append(class_)
    for key, alias in aliases.items():
        modules.setdefault(symbols.module[key], ([], []))[1].append(alias)
    return tuple(
        ModelModule(
            name,
            put_bases_first(modules[name][0]),
            # An alias that only renames another is evaluated after it.
            tuple(sorted(modules[name][1], key=lambda a: a.alias_of is not None)),
        )
        for name in sorted(modules)
    )


def _plan_class(
    record: ObjectType, symbols: Symbols, with_pattern: set[tuple[Key, str]], has_xml: bool
) -> ModelClass:
    symbol = symbols.symbol[record.key]
    candidates = {
        p.name: (
            p.name,
            names.escape_reserved(
                names.to_snake_case(p.given_name or p.name), names.RESERVED_ATTRIBUTES
            ),
        )
        for p in record.properties
    }
    chosen = names.resolve_collisions(names.disambiguate_by_prefix(candidates))
    extra = ANY if record.is_closed else record.additional_properties
    return ModelClass(
        symbol,
        record.pointer,
        clean_markdown(record.description or record.title) or _spell_out(symbol),
        tuple(
            _plan_field(p, chosen[p.name], symbols, (record.key, p.name) in with_pattern, has_xml)
            for p in record.properties
        ),
        None if extra is None else symbols.resolve(extra),
        record.is_closed,
        example=record.example if isinstance(record.example, dict) else None,
    )


def _plan_field(
    p: Property, name: str, symbols: Symbols, has_pattern: bool, has_xml: bool
) -> Field:
    return Field(
        name=name,
        json_name=p.name,
        type=symbols.resolve(p.type),
        required=p.required,
        default=(
            "UNSET"
            if not p.required and (p.constant is None or p.read_only)
            else "READ_ONLY"
            if p.read_only
            else Constant(p.constant)
            if p.constant is not None
            else None
        ),
        documentation=Documentation(
            text=one_line(p.description),
            deprecated=p.deprecated,
            read_only=p.read_only,
            write_only=p.write_only,
            constraints=p.constraints,
            default=p.default,
            value_names=p.value_names,
        ),
        alias=name if name.startswith("_") else None,
        pattern=p.pattern if has_pattern else None,
        xml=p.xml if has_xml else {},
    )


def _plan_alias(alias: Alias, symbols: Symbols) -> TypeAliasPlan:
    target = find_alias_target(alias)
    discriminator = None
    if alias.discriminator is not None:
        mapping = {
            value: symbols.symbol[key]
            for value, key in alias.mapping.items()
            if key in symbols.symbol
        }
        default = None if alias.default is None else symbols.symbol.get(alias.default)
        discriminator = DiscriminatorPlan(alias.discriminator, mapping, default)
    return TypeAliasPlan(
        symbols.symbol[alias.key],
        alias.pointer,
        clean_markdown(alias.description or alias.title),
        symbols.resolve(alias.type),
        None if target is None else symbols.symbol[target],
        discriminator,
        Documentation(
            constraints=alias.constraints,
            default=alias.default_value,
            value_names=alias.value_names,
        ),
        alias.is_inline,
    )


def _plan_base(
    graph: TypeGraph, alias: TypeAliasPlan, key: Key, classes: dict[Key, ModelClass]
) -> ModelClass | None:
    """A union with properties of its own as the base class of its members, where they can share one and have no other.

    The fields that the base declares become inherited ones of its members, in `classes`.
    """
    named = graph.named[key]
    if not isinstance(named, Alias) or not named.common:
        return None
    types = union_members(named.type)
    keys = [t.key for t in types if isinstance(t, TypeRef) and t.key in classes]
    members = [classes[k] for k in keys]
    if len(keys) < len(types) or any(m.base for m in members):
        return None
    if any(graph.named[k].parent is None and not _extends_only(graph.named[k], key) for k in keys):
        return None
    fields = tuple(
        evolve(f, default=None if f.required else "UNSET") if isinstance(f.default, Constant) else f
        for f in members[0].fields
        if f.json_name in named.common
        and all(any(is_compatible(own, f) for own in m.fields) for m in members)
    )
    if not fields:
        return None
    for key, member in zip(keys, members, strict=True):
        inherited = tuple(f.name for f in fields if f in member.fields)
        classes[key] = evolve(member, base=alias.symbol, inherited=inherited)
    return ModelClass(
        alias.symbol,
        alias.pointer,
        alias.description or _spell_out(alias.symbol),
        fields,
        variants=alias.type,
        discriminator=alias.discriminator,
    )


def _extends_only(named: ObjectType | Alias, key: Key) -> bool:
    """Whether a class extends no schema but that of one key."""
    return isinstance(named, ObjectType) and set(named.extends) <= {key}


def _list_structural_unions(graph: TypeGraph) -> list[UnionType]:
    """The unions that choose among their members by structure alone."""
    types = [a.type for a in graph.named.values() if isinstance(a, Alias) and not a.discriminator]
    types += [
        p.type for r in graph.named.values() if isinstance(r, ObjectType) for p in r.properties
    ]
    types += graph.types.values()
    return [t for t in types if isinstance(t, UnionType)]


def _list_members(graph: TypeGraph, union: UnionType) -> list[ObjectType]:
    return [leaf for leaf in expand(graph, union) if isinstance(leaf, ObjectType)]


def _find_distinguishing_patterns(unions: list[list[ObjectType]]) -> set[tuple[Key, str]]:
    """The required properties that several classes of a union have with different patterns: these tell the classes
    apart where there is no discriminator."""
    out: set[tuple[Key, str]] = set()
    for members in unions:
        patterns: dict[str, dict[Key, str]] = {}
        for member in members:
            for p in member.properties:
                if p.pattern is not None and p.required:
                    patterns.setdefault(p.name, {})[member.key] = p.pattern
        for name, by_class in patterns.items():
            if len(set(by_class.values())) > 1:
                out |= {(key, name) for key, pattern in by_class.items() if is_cheap(pattern)}
    return out


def _spell_out(symbol: str) -> str:
    """A class's name as a sentence, for a class without a description."""
    return " ".join(names.to_snake_case(symbol).split("_")).strip().capitalize() + "."


def is_object(graph: TypeGraph, type_: Type) -> bool:
    """Whether values of a type are JSON objects, which callers may give as plain mappings too."""
    return isinstance(type_, TypeRef) and any(
        isinstance(leaf, ObjectType) for leaf in expand(graph, type_)
    )


def sole_object(graph: TypeGraph, type_: Type) -> ObjectType | None:
    """The class that all values of a type belong to, None where there is no such class."""
    leaves = expand(graph, type_)
    return leaves[0] if len(leaves) == 1 and isinstance(leaves[0], ObjectType) else None


def expand(graph: TypeGraph, type_: Type) -> list[Type | ObjectType]:
    """The types that a type is a union of, with aliases followed."""
    out: list[Type | ObjectType] = []
    todo, seen = [type_], set()
    while todo:
        current = todo.pop(0)
        if isinstance(current, UnionType):
            todo += current.members
        elif isinstance(current, TypeRef):
            named = graph.named[current.key]
            if isinstance(named, ObjectType):
                out.append(named)
            elif current.key not in seen:
                seen.add(current.key)
                todo.append(named.type)
        else:
            out.append(current)
    return out
