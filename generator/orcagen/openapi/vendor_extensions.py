"""Extensions of other generators that say what this one reads, too: one table, from what they mean to how they are called.

Those of Fern, Speakeasy, Stainless, Microsoft (AutoRest), NSwag, OpenAPI Generator and Redocly. Where a value has several with
one meaning, the first in the table counts. A value of another shape is ignored, as unknown extensions are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from attrs import frozen

Named: TypeAlias = Literal["operation", "group", "parameter", "property", "component", "schema"]

# Each is a path: keys under each other. "group" is the tag that counts for an operation; "component" a schema under
# `components`, "schema" any schema.
_NAMES: dict[Named, tuple[str, ...]] = {
    "operation": ("x-fern-sdk-method-name", "x-speakeasy-name-override", "x-ms-client-name"),
    "group": ("x-fern-sdk-group-name", "x-speakeasy-group"),
    "parameter": ("x-fern-parameter-name", "x-speakeasy-name-override", "x-stainless-param",
                  "x-stainless-naming/python/property_name", "x-ms-client-name"),
    "property": ("x-fern-property-name", "x-speakeasy-name-override", "x-stainless-naming/python/property_name",
                 "x-ms-client-name"),
    "component": ("x-fern-type-name", "x-speakeasy-name-override", "x-stainless-naming/python/type_name",
                  "x-stainless-naming/python/model_name", "x-ms-client-name"),
    "schema": ("x-fern-type-name", "x-stainless-naming/python/type_name", "x-stainless-naming/python/model_name"),
}  # fmt: skip
# The first keys of the paths: most objects have none of them.
_FIRST_KEYS = {named: {path.partition("/")[0] for path in paths} for named, paths in _NAMES.items()}
_IGNORE = ("x-fern-ignore", "x-speakeasy-ignore", "x-stainless-skip")
# Of an enum: a list in the order of its values, a map from these, or objects with `name` and `description` in either.
_VALUE_NAMES = ("x-enum-varnames", "x-enum-names", "x-enumNames", "x-speakeasy-enums", "x-fern-enum", "x-ms-enum/values",
                "x-stainless-renameMap")  # fmt: skip
_VALUE_DESCRIPTIONS = ("x-enum-descriptions", "x-enumDescriptions", "x-speakeasy-enum-descriptions", "x-fern-enum",
                       "x-ms-enum/values")  # fmt: skip
_OF_VALUES = {path.partition("/")[0] for path in (*_VALUE_NAMES, *_VALUE_DESCRIPTIONS)}
_FROM_NAMES = frozenset(("x-stainless-renameMap",))  # maps from names to values


@frozen
class ValueName:
    """A value of an enum with its name and its description, each "" where there is none."""

    value: Any
    name: str
    description: str = ""


def find_name(value: Any, named: Named) -> str:
    """The name that an extension gives to what an object describes; "" for none."""
    if not isinstance(value, dict) or value.keys().isdisjoint(_FIRST_KEYS[named]):
        return ""
    for path in _NAMES[named]:
        name = _find(value, path)
        if isinstance(name, list) and named == "group":  # of groups inside each other
            name = " ".join(part for part in name if isinstance(part, str))
        if isinstance(name, str) and name.strip():
            return name.strip()
    return ""


def is_ignored(value: Any) -> bool:
    """Whether an extension says that clients are made without it."""
    declared = [_find(value, path) for path in _IGNORE]
    return any(v is True or (isinstance(v, list) and "python" in v) for v in declared)


def name_values(schema: dict[str, Any], enum: list[Any]) -> tuple[ValueName, ...]:
    """The values of an enum that have a name or a description. Names that only repeat all the values are none."""
    if schema.keys().isdisjoint(_OF_VALUES):
        return ()
    names = _find_texts(schema, enum, _VALUE_NAMES, "name")
    if all(name in ("", _spell(value)) for name, value in zip(names, enum, strict=True)):
        names = [""] * len(enum)
    descriptions = _find_texts(schema, enum, _VALUE_DESCRIPTIONS, "description")
    all_values = (ValueName(*x) for x in zip(enum, names, descriptions, strict=True))
    return tuple(v for v in all_values if v.name or v.description)


def _find(value: Any, path: str) -> Any:
    for key in path.split("/"):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _find_texts(
    schema: dict[str, Any], enum: list[Any], extensions: Iterable[str], key: str
) -> list[str]:
    """What the first of the extensions that says something says about each value."""
    for extension in extensions:
        declared = _find(schema, extension)
        if isinstance(declared, dict):
            if extension in _FROM_NAMES:
                declared = {_spell(value): name for name, value in declared.items()}
            by_value = {_spell(value): entry for value, entry in declared.items()}
            entries = [by_value.get(_spell(value)) for value in enum]
        elif isinstance(declared, list):
            by_value = {
                _spell(e["value"]): e for e in declared if isinstance(e, dict) and "value" in e
            }
            entries = [by_value.get(_spell(value)) for value in enum] if by_value else declared
        else:
            continue
        texts = [entry.get(key) if isinstance(entry, dict) else entry for entry in entries]
        out = [" ".join(text.split()) if isinstance(text, str) else "" for text in texts]
        if any(out) and len(out) == len(enum):
            return out
    return [""] * len(enum)


def _spell(value: Any) -> str:
    """A value as the key of a map: `true` and `1` for true and 1."""
    return str(value).lower() if isinstance(value, bool) else str(value)
