"""The result of the stage: types as values, the named ones by key. Nothing here knows Python names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from attrs import field, frozen

from orcagen.openapi import Key
from orcagen.openapi.vendor_extensions import ValueName

# `Key.role` of the types that are made beside the type of the schema itself. A class for several schemas merged has the
# first one's file and pointer, and the pointers of the others, joined by "&", as its role.
POLYMORPHIC = "polymorphic"  # the union of a base class and all that extend it
OBJECT_PART = "object"  # the class among the types of a schema that allows other types, too


@frozen
class Scalar:
    """A type without parts. `name` is str, int, float, bool, None, Any, bytes, Upload, UUID, Decimal, DecimalNumber,
    dt.datetime, dt.date or dt.time."""

    name: str


@frozen
class LiteralType:
    """One of `values`, at least one. `open_type`, "str" or "int", is the type of values that are not listed; None for a
    closed enum."""

    values: tuple[str | int | bool, ...]
    open_type: str | None

    def __attrs_post_init__(self) -> None:
        assert self.values


@frozen
class ListType:
    item: Type


@frozen
class MapType:
    """An object without declared properties: `value` is the type of each property's value."""

    value: Type


@frozen
class TupleType:
    """An array that starts with `items`. `rest` is the type of each item after these; None where there are none."""

    items: tuple[Type, ...]
    rest: Type | None


@frozen
class TypeRef:
    """The type that has a name, by its key in `TypeGraph.named`."""

    key: Key


@frozen
class UnionType:
    """Two or more members, none of them a union, as `make_union` puts them together."""

    members: tuple[Type, ...]


@frozen
class CustomType:
    """A class of the user's own, by its name in the module `custom_types`."""

    symbol: str


Type: TypeAlias = (
    Scalar | CustomType | LiteralType | ListType | MapType | TupleType | TypeRef | UnionType
)

ANY, NONE, STR, BYTES, UPLOAD = (Scalar(n) for n in ("Any", "None", "str", "bytes", "Upload"))
DECIMAL, DECIMAL_NUMBER = Scalar("Decimal"), Scalar("DecimalNumber")  # a string, a number


@frozen
class Constraint:
    """A validation keyword and its value: `minLength` and 1 (JSON Schema Validation 6.2 to 6.5). It is documented, not
    checked."""

    keyword: str
    value: Any


@frozen
class Property:
    """A property of an object.

    `constant` is the value that is filled in: the only one that a required property can have, or the one by which a
    discriminator selects the class. `default` is the document's, None where
    it gives none. A plain value also has the constraints and the default of the schema that it refers to. `value_names` are
    values of its enum with a name or a description. `pattern` is the regular expression for values that are not in an enum; it
    tells the classes of a union apart. `media_type` is that of a string's content. `xml` is what `schema.xml` reads. `given_name` is
    the name that an extension gives its attribute, "" where none does.
    """

    name: str
    type: Type
    required: bool
    description: str
    read_only: bool = False
    write_only: bool = False
    deprecated: bool = False
    default: Any = field(default=None, hash=False)  # may be a list or an object
    constraints: tuple[Constraint, ...] = field(default=(), hash=False)
    value_names: tuple[ValueName, ...] = field(default=(), hash=False)
    constant: Any = None
    pattern: str | None = None
    xml: dict[str, Any] = field(factory=dict, hash=False)
    media_type: str | None = None
    given_name: str = ""


@frozen
class Definition:
    """A type with a name and a module of its own.

    `pointer` is that of its schema; of several merged, the one that no other combination has. A component has no `parent`,
    and its own name as `suggested_name`; any other type is named by its parent, a type or an operation, and the words of
    `suggested_name`. `qualifiers` of a schema that is no component but named by itself go before its name, the nearest
    first, where another one has that name; of others they are None. `given_name` is the whole name that an extension gives it, ""
    where none does.
    """

    key: Key
    pointer: str
    parent: Key | None
    suggested_name: str
    title: str
    description: str
    deprecated: bool
    qualifiers: tuple[str, ...] | None = field(default=None, kw_only=True)
    given_name: str = field(default="", kw_only=True)


@frozen
class ObjectType(Definition):
    """A class. `additional_properties` is the type of undeclared properties; None where they can be anything. `is_closed`: the
    document allows none. `extends` are the schemas of its allOf that are referred to. `example` is a short one of the document's,
    None for none."""

    properties: tuple[Property, ...] = ()
    additional_properties: Type | None = None
    is_closed: bool = False
    extends: tuple[Key, ...] = ()
    example: Any = field(default=None, hash=False)


@frozen
class Alias(Definition):
    """A name for a type.

    `discriminator` is the property that selects a member of the union, `mapping` its values with the schemas that they
    select, `default` what any other value selects. `common` names the properties of a schema with a union, where all members are classes made for it: it can be
    their base. `value_names`, `constraints` and `default_value` are those of the values, as in `Property`. The type of an
    alias that `is_inline` is written wherever the schema is used, in place of the alias.
    """

    type: Type = ANY
    discriminator: str | None = None
    mapping: dict[str, Key] = field(factory=dict)
    default: Key | None = None
    common: tuple[str, ...] = ()
    value_names: tuple[ValueName, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    default_value: Any = None
    is_inline: bool = False


@frozen
class TypeGraph:
    """The types of a document.

    `named` are those with a name; `types` has the type of each schema that is used in an operation, a webhook or a
    callback; `components` are the keys of component schemas in document order; `xml` has the root element of each body;
    `parameters` has what the schema of each parameter says, as if it were a property.
    """

    named: dict[Key, ObjectType | Alias]
    types: dict[Key, Type]
    components: tuple[Key, ...]
    xml: dict[Key, dict[str, Any]] = field(factory=dict)
    parameters: dict[Key, Property] = field(factory=dict)


def union_members(type_: Type) -> tuple[Type, ...]:
    """The members of a union; of any other type, that type."""
    return type_.members if isinstance(type_, UnionType) else (type_,)


def walk(type_: Type) -> Iterator[Type]:
    """A type and all types inside it, references not followed."""
    yield type_
    match type_:
        case ListType(inner) | MapType(inner):
            yield from walk(inner)
        case TupleType(items, rest):
            for item in items if rest is None else (*items, rest):
                yield from walk(item)
        case UnionType(members):
            for member in members:
                yield from walk(member)


def inner_types(named: ObjectType | Alias) -> list[Type]:
    """The types that a named one is made of: those of its properties, or that which an alias stands for."""
    if isinstance(named, Alias):
        return [named.type]
    types = [p.type for p in named.properties]
    extra = named.additional_properties
    return types if extra is None else [*types, extra]


def make_nullable(type_: Type, nullable: bool) -> Type:
    return make_union([type_, NONE]) if nullable else type_


def make_union(members: list[Type]) -> Type:
    """The union of types: flat, each member once, None last. One with Any is Any, as is the empty one. Literals become one,
    which is open if one of them is, and takes the place of its open type."""
    flat = [m for member in members for m in union_members(member)]
    if not flat or ANY in flat:
        return ANY
    if len(flat) == 1:
        return flat[0]
    literals = [m for m in flat if isinstance(m, LiteralType)]
    if len(literals) > 1:
        # Python's True and 1 are equal, JSON's are not.
        values = tuple({(type(v), v): v for m in literals for v in m.values}.values())
        open_types = [m.open_type for m in literals if m.open_type]
        open_type = "str" if "str" in open_types else next(iter(open_types), None)
        position = flat.index(literals[0])
        flat = [m for m in flat if not isinstance(m, LiteralType)]
        flat.insert(position, LiteralType(values, open_type))
    covered = {Scalar(m.open_type) for m in flat if isinstance(m, LiteralType) and m.open_type}
    out = [m for m in dict.fromkeys(flat) if m not in covered and m != NONE]
    if NONE in flat:
        out.append(NONE)
    return out[0] if len(out) == 1 else UnionType(tuple(out))


def replace_references(type_: Type, make_type: Callable[[Key], Any]) -> Any:
    """The type with `make_type(key)` for each reference to the schema `key`, at any depth.

    Typed Any: the containers of this stage hold the types of the plan afterwards, if `make_type` makes those.
    """
    if isinstance(type_, Scalar):
        return type_
    match type_:
        case TypeRef(key):
            return make_type(key)
        case ListType(item):
            return ListType(replace_references(item, make_type))
        case MapType(value):
            return MapType(replace_references(value, make_type))
        case TupleType(items, rest):
            new_rest = None if rest is None else replace_references(rest, make_type)
            return TupleType(tuple(replace_references(i, make_type) for i in items), new_rest)
        case UnionType(members):
            return make_union([replace_references(m, make_type) for m in members])
    return type_
