"""The type of a plain value, and what a schema documents about it: formats, enums, constraints, patterns."""

from __future__ import annotations

from typing import Any

from orcagen.schema.keywords import clean_text
from orcagen.schema.model import (
    ANY,
    BYTES,
    NONE,
    STR,
    UPLOAD,
    Constraint,
    LiteralType,
    Scalar,
    Type,
    make_nullable,
    make_union,
)

# Formats of strings that have a type of their own: of JSON Schema (Validation 7.3), of OpenAPI 3.0 (Data Types) and of the
# OpenAPI Format Registry; `datetime` and `base64` are what some frameworks write. All others stay str.
FORMATS = {
    "date-time": "dt.datetime", "datetime": "dt.datetime", "date": "dt.date", "time": "dt.time",
    "uuid": "UUID", "byte": "bytes", "base64": "bytes", "binary": "Upload",
    "decimal": "Decimal", "decimal128": "Decimal",
}  # fmt: skip

_SCALARS = {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}

# Validation 6.2 to 6.5, without `required`, which is `Property.required`.
_CONSTRAINTS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
                "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties")  # fmt: skip

# Extensions with a name or a description for each value of an enum, in the order of the values.
_VALUE_NAMES = (
    "x-enum-descriptions",
    "x-enumDescriptions",
    "x-enum-varnames",
    "x-enum-names",
    "x-enumNames",
)


def infer_scalar(type_: str) -> Scalar:
    """The type for the JSON type integer, number, boolean or null."""
    return Scalar(_SCALARS[type_])


def infer_string(
    format_: Any, content_encoding: Any, content_media_type: Any, openapi_version: str
) -> Scalar:
    """The type of a string by its `format`, `contentEncoding` and `contentMediaType` (Validation 7, 8.3, 8.4)."""
    if content_encoding == "base64":
        return BYTES
    if content_encoding == "base64url":  # bytes are written in the other alphabet (RFC 4648, 4)
        return STR
    # OpenAPI 3.1 has this instead of `format: binary` (Considerations for File Uploads).
    if content_media_type == "application/octet-stream" and openapi_version in ("3.1", "3.2"):
        return UPLOAD
    return Scalar(FORMATS.get(clean_text(format_), "str"))


def infer_enum(values: list[Any]) -> Type:
    """The type of a value that is one of `values` (`enum` or `const`, Validation 6.1.2, 6.1.3).

    An enum of strings or integers is open: a server may add values. A single value and an enum of booleans are closed.
    Numbers with a fraction, objects and arrays cannot be literals in Python.
    """
    named = [v for v in values if v is not None]
    if not named:
        return NONE
    plain = [v for v in named if isinstance(v, (str, int))]
    members: list[Type] = []
    if plain:
        types = {type(v) for v in plain}
        open_type = "str" if str in types else "int" if int in types else None
        if len(named) == 1:
            open_type = None
        members.append(LiteralType(tuple(plain), open_type))
        if open_type == "str" and int in types:
            members.append(Scalar("int"))
    for value in named:
        if not isinstance(value, (str, int)):
            members.append(ANY if isinstance(value, (dict, list)) else Scalar("float"))
    return make_nullable(make_union(members), len(named) < len(values))


def read_constraints(schema: dict[str, Any]) -> tuple[Constraint, ...]:
    """The constraints on a value that stand in a schema object itself, in a fixed order (Validation 6.2 to 6.5)."""
    return tuple(
        Constraint(k, schema[k])
        for k in _CONSTRAINTS
        if k in schema and not isinstance(schema[k], (dict, list))
    )


def read_value_names(schema: dict[str, Any]) -> tuple[tuple[Any, str], ...]:
    """The values of an enum with their names or descriptions, from the first extension that has others than the values."""
    enum = schema.get("enum")
    for keyword in _VALUE_NAMES:
        names = schema.get(keyword)
        if isinstance(enum, list) and isinstance(names, list) and len(names) == len(enum):
            named = tuple(
                (v, n) for v, n in zip(enum, names, strict=True) if isinstance(n, str) and n
            )
            if any(str(v) != n for v, n in named):
                return named
    return ()


def find_pattern(schema: Any) -> str | None:
    """The `pattern` of every value that is not one of an enum: the schema's own, or that of the only variant that has one,
    beside variants with `enum` or `const`."""
    if not isinstance(schema, dict):
        return None
    groups = (schema.get(keyword) for keyword in ("allOf", "anyOf", "oneOf"))
    members = [m for g in groups if isinstance(g, list) for m in g if isinstance(m, dict)]
    with_pattern = [s for s in (schema, *members) if isinstance(s.get("pattern"), str)]
    free = [m for m in members if m not in with_pattern and "enum" not in m and "const" not in m]
    return str(with_pattern[0]["pattern"]) if len(with_pattern) == 1 and not free else None
