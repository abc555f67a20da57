"""One schema object, keyword by keyword, and the groups that the keywords of JSON Schema form.

"Core" and "Validation" are the two parts of JSON Schema 2020-12; "OpenAPI" is the version that is named beside it.
"""

from __future__ import annotations

from typing import Any

from orcagen.openapi import Node

# Keywords that do not constrain the value: two schemas that differ only in these have the same type. `nullable` and
# `discriminator` are among them because both are read apart.
ANNOTATIONS = frozenset(
    "title description summary default example examples deprecated readOnly writeOnly externalDocs xml nullable "
    "$comment $id $anchor $schema $defs $dynamicAnchor definitions discriminator "
    "x-ms-discriminator-value".split()
)
# `$recursiveRef` is the `$dynamicRef` of JSON Schema 2019-09.
REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))

# Each applies to values of one type only and passes all others (Core 7.6.1; Validation 6.2 to 6.5, 8).
TYPE_KEYWORDS = {
    "object": "properties additionalProperties patternProperties required minProperties maxProperties "
    "propertyNames unevaluatedProperties dependentRequired".split(),
    "array": "items prefixItems minItems maxItems uniqueItems contains unevaluatedItems".split(),
    "string": "minLength maxLength pattern contentEncoding contentMediaType".split(),
    "number": "minimum maximum multipleOf exclusiveMinimum exclusiveMaximum".split(),
}

# Formats of strings that have a type of their own: of JSON Schema (Validation 7.3), of OpenAPI 3.0 (Data Types) and of the
# OpenAPI Format Registry; `datetime` and `base64` are what some frameworks write. All others stay str.
FORMATS = {
    "date-time": "dt.datetime", "datetime": "dt.datetime", "date": "dt.date", "time": "dt.time",
    "uuid": "UUID", "byte": "bytes", "base64": "bytes", "binary": "Upload",
    "decimal": "Decimal", "decimal128": "Decimal",
}  # fmt: skip

# Validation 6.1.1; also the order in which the members of a union of several types are written.
JSON_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


def get_keyword(node: Node, keyword: str) -> Any:
    """The value of a keyword; None where it is absent or the schema is a boolean."""
    value = node.value
    return value.get(keyword) if isinstance(value, dict) else None


def clean_text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def get_reference(schema: dict[str, Any]) -> Any:
    """The schema's reference. A `$dynamicRef` is read as the `$ref` that it is until something overrides its anchor
    (Core 8.2.3.2)."""
    return schema.get("$ref", schema.get("$dynamicRef", schema.get("$recursiveRef")))


def get_discriminator(node: Node) -> str | None:
    """The property that tells the variants of a schema apart (OpenAPI, Discriminator Object); None where there is none.
    In Swagger 2.0 the keyword is the name itself (Schema Object)."""
    value = get_keyword(node, "discriminator")
    name = value.get("propertyName") if isinstance(value, dict) else value
    return name if isinstance(name, str) else None


def list_subschemas(node: Node, keyword: str) -> list[Node]:
    """The members of a keyword whose value is an array of schemas, such as `allOf`; [] for anything else."""
    value = get_keyword(node, keyword)
    return [node.child(keyword, i) for i in range(len(value))] if isinstance(value, list) else []


def read_types(schema: dict[str, Any]) -> set[str]:
    """What `type` lists: a string or an array of strings (Validation 6.1.1)."""
    value = schema.get("type")
    if isinstance(value, list):
        return {t for t in value if isinstance(t, str)}
    return {value} if isinstance(value, str) else set()


def allows_type(types: set[str], type_: str) -> bool:
    """Whether `types` include a type. An integer is a number (Validation 6.1.1)."""
    return type_ in types or (type_ == "integer" and "number" in types)


def json_equal(a: Any, b: Any) -> bool:
    """Equality of JSON values (Core 4.2.2), where Python's 1 equals True. 1 and 1.0 differ, as their Python types do."""
    return type(a) is type(b) and a == b


def constrains_type(node: Node) -> bool:
    """Whether a schema says more about a value than required properties and their number, which is all that many variants
    of a oneOf or anyOf do."""
    value = node.value
    if not isinstance(value, dict):
        return value is not False
    neutral = {"required", "not", "minProperties", "maxProperties", "oneOf", "anyOf", "allOf"}
    inner = [v for k in ("oneOf", "anyOf", "allOf") for v in list_subschemas(node, k)]
    return (
        bool(value.keys() - ANNOTATIONS - neutral)
        or not value
        or any(constrains_type(v) for v in inner)
    )


def find_sole_reference(node: Node) -> Node | None:
    """The member of an allOf that is one reference and nothing else but annotations and a `type`.

    Documents of OpenAPI 3.0 annotate a reference in this way, since that version ignores the siblings of `$ref`.
    """
    if "allOf" not in node.value or node.value.keys() - ANNOTATIONS - {"allOf", "type"}:
        return None
    members = list_subschemas(node, "allOf")
    return members[0] if len(members) == 1 and get_keyword(members[0], "$ref") is not None else None
