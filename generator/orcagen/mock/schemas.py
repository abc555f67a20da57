"""Schemas of a document as plain JSON Schema 2020-12, whatever version of OpenAPI they are written for.

What validators and samples need is copied: keywords whose values have the right type. References lead to `components`, in
whatever file their targets are. A copy is for one direction: requests lack what is `readOnly`, responses what is `writeOnly`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from attrs import define, field

from orcagen.diagnostics import InputError
from orcagen.openapi import Key, Node, References
from orcagen.openapi.regular_expressions import is_cheap

Direction: TypeAlias = Literal["request", "response"]
DISCRIMINATOR = "x-discriminator"
"""In copies: the property's name, and its value for each member of the union beside it."""
REFERENCE = "#/components/schemas/"
_TYPES = frozenset("array boolean integer null number object string".split())
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas")
_SUBSCHEMAS = (
    "items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_LIMITS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains",
)  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_DATA: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_LIMITS, _is_number),
    **dict.fromkeys(("const", "default", "example", "xml"), lambda _: True),
    **dict.fromkeys(("enum", "examples"), lambda v: isinstance(v, list)),
    "format": lambda v: isinstance(v, str),
    "uniqueItems": lambda v: isinstance(v, bool),
}


@define
class Schemas:
    """Copies of schemas for one direction, and of all those that they refer to."""

    references: References
    direction: Direction
    components: dict[str, Any] = field(factory=dict)
    _names: dict[Key, str] = field(factory=dict, init=False)

    def copy(self, node: Node | None) -> Any:
        """The copy of a schema; None stands for any value."""
        return {} if node is None else self._copy(node)

    def _copy(self, node: Node) -> Any:
        value = node.value
        if not isinstance(value, dict):
            return value if isinstance(value, bool) else {}
        out: dict[str, Any] = {}
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            if isinstance(value.get(keyword), str):
                out |= self._refer(node, keyword)
        for keyword, fits in _DATA.items():
            if keyword in value and fits(value[keyword]):
                out[keyword] = value[keyword]
        for keyword in _LISTS:
            if isinstance(value.get(keyword), list) and value[keyword]:
                members = (node.child(keyword, i) for i in range(len(value[keyword])))
                out[keyword] = [self._copy(m) for m in members]
        for keyword in _SUBSCHEMAS:
            if isinstance(value.get(keyword), (dict, bool)):
                out[keyword] = self._copy(node.child(keyword))
        if isinstance(value.get("items"), list):  # up to JSON Schema 2019-09
            items = (node.child("items", i) for i in range(len(value["items"])))
            out["prefixItems"] = [self._copy(i) for i in items]
        for keyword in _MAPS:
            if isinstance(value.get(keyword), dict):
                out[keyword] = {k: self._copy(node.child(keyword, k)) for k in value[keyword]}
        if "patternProperties" in out:
            out["patternProperties"] = {
                p: s for p, s in out["patternProperties"].items() if _is_usable(p)
            }
        if _is_usable(value.get("pattern")):
            out["pattern"] = value["pattern"]
        self._apply_direction(node, out)
        _read_types(value, out)
        _read_exclusive_limits(value, out)
        self._read_discriminator(node, out)
        return _add_null(value, out)

    def _refer(self, node: Node, keyword: str) -> dict[str, Any]:
        find = (
            self.references.resolve_once if keyword == "$ref" else self.references.resolve_dynamic
        )
        try:
            target = find(node, node.value[keyword])
        except (InputError, AttributeError):  # reported where types are made; any value is allowed
            return {}
        if target.key not in self._names:
            stem = re.sub(r"[^A-Za-z0-9._-]", "_", target.name) or "schema"
            taken = self.components
            name = next(n for i in range(len(taken) + 1) if (n := f"{stem}{i or ''}") not in taken)
            self._names[target.key] = name
            self.components[name] = {}
            self.components[name] = self._copy(target)
        return {"$ref": REFERENCE + self._names[target.key]}

    def _apply_direction(self, node: Node, out: dict[str, Any]) -> None:
        """Leaves out of `required`, and of the properties of a response, what only the other side sends."""
        required = node.value.get("required")
        names = [n for n in required if isinstance(n, str)] if isinstance(required, list) else []
        keyword = "readOnly" if self.direction == "request" else "writeOnly"
        properties = node.value.get("properties")
        for name in properties if isinstance(properties, dict) else ():
            if self._has(node.child("properties", name), keyword):
                names = [n for n in names if n != name]
                out["properties"][name] = {"x-omitted": True}
        if names:
            out["required"] = names

    def _has(self, node: Node, keyword: str) -> bool:
        if not isinstance(node.value, dict):
            return False
        if keyword in node.value:
            return node.value[keyword] is True
        try:
            target = self.references.resolve(node)
        except InputError:
            return False
        return isinstance(target.value, dict) and target.value.get(keyword) is True

    def _read_discriminator(self, node: Node, out: dict[str, Any]) -> None:
        discriminator = node.value.get("discriminator")
        union = next((k for k in ("oneOf", "anyOf") if k in out), None)
        if not isinstance(discriminator, dict) or union is None:
            return
        mapping = discriminator.get("mapping")
        names: dict[Key, str] = {}
        for word, reference in mapping.items() if isinstance(mapping, dict) else ():
            if not isinstance(reference, str):
                continue
            if re.fullmatch(r"[\w.-]+", reference):
                reference = f"{REFERENCE}{reference}"
            try:
                names.setdefault(self.references.resolve_once(node, reference).key, word)
            except InputError:
                continue
        values = []
        for i in range(len(out[union])):
            target = self._find_target(node.child(union, i))
            values.append(names.get(target.key, target.name) if target else None)
        if isinstance(discriminator.get("propertyName"), str):
            out[DISCRIMINATOR] = [discriminator["propertyName"], values]

    def _find_target(self, member: Node) -> Node | None:
        if not isinstance(member.value, dict) or not isinstance(member.value.get("$ref"), str):
            return None
        try:
            return self.references.resolve_once(member, member.value["$ref"])
        except InputError:
            return None


def _is_usable(pattern: Any) -> bool:
    """Whether Python can match a regular expression, in reasonable time."""
    if not isinstance(pattern, str):
        return False
    try:
        return bool(re.compile(pattern)) and is_cheap(pattern)
    except (re.error, OverflowError, RecursionError):
        return False


def _read_types(value: dict[str, Any], out: dict[str, Any]) -> None:
    declared = value.get("type")
    declared = declared if isinstance(declared, list) else [declared]
    types = [t for t in declared if isinstance(t, str) and t in _TYPES]
    if "file" in declared:  # Swagger 2.0
        types.append("string")
    if types:
        out["type"] = types[0] if len(types) == 1 else types


def _read_exclusive_limits(value: dict[str, Any], out: dict[str, Any]) -> None:
    """Up to OpenAPI 3.0 these keywords say that the limit beside them is exclusive."""
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if value.get(exclusive) is True and limit in out:
            out[exclusive] = out.pop(limit)


def _add_null(value: dict[str, Any], out: dict[str, Any]) -> Any:
    """`nullable` of OpenAPI 3.0, and the extension of that name in Swagger 2.0."""
    if value.get("nullable") is not True and value.get("x-nullable") is not True:
        return out
    if "$ref" in out or any(k in out for k in ("allOf", "anyOf", "oneOf")):
        return {"anyOf": [out, {"type": "null"}]}
    if "enum" in out and None not in out["enum"]:
        out["enum"] = [*out["enum"], None]
    if "type" in out:
        types = out["type"] if isinstance(out["type"], list) else [out["type"]]
        out["type"] = [*types, "null"]
    return out
