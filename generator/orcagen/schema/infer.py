"""The type of a plain value, and what a schema documents about it: formats, enums, constraints, patterns."""

from __future__ import annotations

from typing import Any

from orcagen.openapi.vendor_extensions import ValueName, name_values
from orcagen.schema.keywords import FORMATS, clean_text
from orcagen.schema.merge import MergedSchema
from orcagen.schema.model import (
    ANY,
    BYTES,
    DECIMAL,
    DECIMAL_NUMBER,
    NONE,
    STR,
    UPLOAD,
    Constraint,
    ListType,
    LiteralType,
    MapType,
    Scalar,
    Type,
    make_union,
)

# What stands for objects and arrays that are listed as values.
_CONTAINERS: dict[type, Type] = {dict: MapType(ANY), list: ListType(ANY)}

# The names of scalars by the JSON types that no other keyword changes.
SCALARS = {"integer": "int", "boolean": "bool", "null": "None"}

# Validation 6.2 to 6.5, without `required`, which is `Property.required`.
_CONSTRAINTS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
                "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties")  # fmt: skip


def infer_string(merged: MergedSchema, openapi_version: str) -> Type:
    """The type of a string by its `format`, `contentEncoding` and `contentMediaType` (Validation 7, 8.3, 8.4)."""
    content_encoding = merged.first("contentEncoding")
    if content_encoding == "base64":
        return BYTES
    if content_encoding == "base64url":  # bytes are written in the other alphabet (RFC 4648, 4)
        return STR
    # OpenAPI 3.1 has this instead of `format: binary` (Working with Binary Data). Without a `type`, content of any media type
    # is meant to be raw: text as well.
    media_type = clean_text(merged.first("contentMediaType")).partition(";")[0].strip()
    if media_type and not content_encoding and openapi_version in ("3.1", "3.2"):
        if not _is_text(media_type):
            return UPLOAD
        if merged.types is None:
            return make_union([UPLOAD, STR])
    type_ = Scalar(FORMATS.get(clean_text(merged.first("format")), "str"))
    # Of a value that can be a number as well, the text stays, which tells the two apart when it is written.
    return STR if type_ == DECIMAL and "number" in merged.infer_types() else type_


def infer_number(merged: MergedSchema) -> Scalar:
    """The type of a number: one with `format: decimal` (OpenAPI Format Registry) keeps its digits."""
    is_decimal = FORMATS.get(clean_text(merged.first("format"))) == DECIMAL.name
    return DECIMAL_NUMBER if is_decimal else Scalar("float")


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type.endswith(
        ("/json", "+json", "/xml", "+xml", "/yaml", "/javascript", "/x-www-form-urlencoded")
    )


def find_media_type(schema: Any) -> str | None:
    """The `contentMediaType` of a schema, or of the items of an array."""
    while isinstance(schema, dict):
        if isinstance(schema.get("contentMediaType"), str):
            return str(schema["contentMediaType"])
        schema = schema.get("items")
    return None


def infer_enum(merged: MergedSchema, values: list[Any]) -> Type:
    """The type of a value that is one of `values` (`enum` or `const`, Validation 6.1.2, 6.1.3).

    An enum of strings or integers is open: a server may add values. A single value and an enum of booleans are closed.
    Numbers with a fraction, objects and arrays cannot be literals in Python: they have their JSON type.
    """
    named = [_to_integer(v) if merged.types == {"integer"} else v for v in values if v is not None]
    plain = tuple(v for v in named if isinstance(v, (str, int)))
    types = {type(v) for v in plain}
    members: list[Type] = []
    if plain:
        open_type = "str" if str in types else "int" if int in types else None
        members.append(LiteralType(plain, open_type if len(named) > 1 else None))
        if {str, int} <= types:
            members.append(Scalar("int"))
    for value in named:
        if not isinstance(value, (str, int)):
            members.append(_CONTAINERS.get(type(value), Scalar("float")))
    # A type of "null" does not add null to an enum (Validation 6.1.2); `nullable` is meant to.
    is_nullable = any(merged.first(k) is True for k in ("nullable", "x-nullable"))
    if not named or None in values or (merged.nullable and is_nullable):
        members.append(NONE)
    return make_union(members)


def _to_integer(value: Any) -> Any:
    """1.0 is an integer (Validation 6.1.1)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def read_constraints(schema: dict[str, Any]) -> tuple[Constraint, ...]:
    """The constraints on a value that stand in a schema object itself, in a fixed order (Validation 6.2 to 6.5)."""
    if schema.keys().isdisjoint(_CONSTRAINTS):
        return ()
    return tuple(
        Constraint(k, schema[k])
        for k in _CONSTRAINTS
        if k in schema and not isinstance(schema[k], (dict, list))
    )


def read_value_names(schema: Any) -> tuple[ValueName, ...]:
    """The values of an enum with their names and descriptions: from the titles and descriptions of a union of constants, or
    from extensions."""
    if not isinstance(schema, dict) or schema.keys().isdisjoint(("oneOf", "anyOf", "enum")):
        return ()
    for keyword in ("oneOf", "anyOf"):
        variants = schema.get(keyword)
        variants = variants if isinstance(variants, list) else []
        constants = [v for v in variants if isinstance(v, dict) and "const" in v]
        if named := tuple(v for v in map(_name_constant, constants) if v.name or v.description):
            return named
    enum = schema.get("enum")
    return name_values(schema, enum) if isinstance(enum, list) else ()


def has_named_values(schema: Any) -> bool:
    """Whether a schema is an enum of two or more values, with a name for one of them at least: it has a name itself, after
    which the constants for its values are named."""
    values = read_value_names(schema)
    enum = schema.get("enum") if values else None
    is_choice = len(values) > 1 or (isinstance(enum, list) and len(enum) > 1)
    return is_choice and any(v.name for v in values)


def _name_constant(schema: dict[str, Any]) -> ValueName:
    """A constant with its title and its description, unless they repeat it."""
    value = schema["const"]
    texts = (clean_text(schema.get(k)) for k in ("title", "description"))
    return ValueName(value, *("" if text == value else text for text in texts))


_WITH_PATTERN = ("pattern", "allOf", "anyOf", "oneOf")


def find_pattern(schema: Any) -> str | None:
    """The `pattern` of every value that is not one of an enum: the schema's own, or that of the only variant that has one,
    beside variants with `enum` or `const`."""
    if not isinstance(schema, dict) or schema.keys().isdisjoint(_WITH_PATTERN):
        return None
    groups = (schema.get(keyword) for keyword in ("allOf", "anyOf", "oneOf"))
    members = [m for g in groups if isinstance(g, list) for m in g if isinstance(m, dict)]
    with_pattern = [s for s in (schema, *members) if isinstance(s.get("pattern"), str)]
    free = [m for m in members if m not in with_pattern and "enum" not in m and "const" not in m]
    return str(with_pattern[0]["pattern"]) if len(with_pattern) == 1 and not free else None
