"""What a schema allows, in one normal form for all versions of OpenAPI: a 3.0 schema and its 3.1 twin give the same."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from attrs import define, evolve, field, frozen

from orcagen.diagnostics import InputError
from orcagen.diff.levels import Direction
from orcagen.openapi import Document, Key, Node, References
from orcagen.schema.keywords import (
    ANNOTATIONS,
    get_discriminator,
    get_keyword,
    list_subschemas,
    read_types,
)
from orcagen.schema.merge import MergedSchema, SchemaMerger
from orcagen.schema.resolve import SchemaResolver

# Keywords with schemas inside that no type tells; whether one allows more than another is not decided.
_OPAQUE = ("if", "then", "else", "not", "dependentSchemas", "unevaluatedItems")
_COUNTS = ("minLength", "minItems", "minProperties", "minContains")
_MAXIMA = ("maxLength", "maxItems", "maxProperties", "maxContains", "multipleOf")
_JSON_TYPES = {
    str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array", type(None): "null",
}  # fmt: skip
STABILITY = ("x-stability-level", "x-stability", "x-maturity", "x-lifecycle")
SUNSET = ("x-sunset", "x-sunset-date", "x-deprecated-until", "sunset")

Schemas = tuple[Node, ...]
"""Schemas that apply to one value together; () where any value is allowed."""


@frozen
class NormalProperty:
    schemas: Schemas
    required: bool
    read_only: bool
    write_only: bool

    def is_sent(self, direction: Direction) -> bool:
        """Whether it is in requests or in responses at all (OpenAPI 3.0, Schema Object)."""
        return not (self.read_only if direction == "request" else self.write_only)


@frozen
class NormalSchema:
    """What a value can be.

    `types` are JSON types without null, empty for any; `values` those of an enum, None for any. `limits` are all other
    constraints by their keywords. `parts` are the schemas of what is inside, by keyword and name, `variants` those of a
    union by the name of their component; `members` are the only ones of their unions, which are merged into the rest.
    `annotations` say something about a value, without limiting it.
    """

    types: frozenset[str] = frozenset()
    nullable: bool = False
    values: frozenset[str] | None = None
    limits: dict[str, Any] = field(factory=dict)
    properties: dict[str, NormalProperty] = field(factory=dict)
    parts: dict[tuple[str, str], Schemas] = field(factory=dict)
    variants: dict[str, Schemas] = field(factory=dict)
    mapping: frozenset[str] = frozenset()
    annotations: dict[str, Any] = field(factory=dict)
    members: Schemas = ()

    @property
    def allows_anything(self) -> bool:
        return not (self.types or self.variants or self.limits or self.values is not None)


@define
class SchemaReader:
    """Reads the schemas of one document."""

    document: Document
    references: References
    resolver: SchemaResolver = field(init=False)
    _merger: SchemaMerger = field(init=False)
    _normal: dict[tuple[Key, ...], NormalSchema] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.resolver = SchemaResolver(self.document, self.references)
        self._merger = SchemaMerger(self.resolver)

    def read(self, schemas: Schemas) -> NormalSchema:
        key = tuple(n.key for n in schemas)
        if key not in self._normal:
            try:
                self._normal[key] = self._read(schemas) if schemas else NormalSchema()
            except InputError:  # a reference without a target, which allows anything
                self._normal[key] = NormalSchema()
        return self._normal[key]

    def find_target(self, schemas: Schemas) -> Node | None:
        """The schema that a single reference leads to, or that stands there itself."""
        if len(schemas) != 1:
            return None
        try:
            return self.resolver.unwrap(schemas[0])[0]
        except InputError:
            return None

    def _read(self, schemas: Schemas) -> NormalSchema:
        if any(n.value is False for n in schemas):
            return NormalSchema(limits={"not": "{}"})
        merged, unions, nullable, sole = self._merge(schemas)
        values, limits = merged.values, _read_limits(merged)
        types = frozenset(merged.infer_types() - {"null"})
        variants: dict[str, Schemas] = {}
        for members in unions:
            plain = [_read_plain(m) for m in members]
            if all(_requires_only(m) for m in members):
                limits["anyOf"] = frozenset(frozenset(m.value.get("required", ())) for m in members)
            elif all("enum" in p or "const" in p for p in plain):
                allowed = [v for p in plain for v in p.get("enum", [p.get("const")])]
                values = allowed if values is None else [v for v in values if v in allowed]
            elif all(p.keys() == {"type"} for p in plain):
                types = types or frozenset(t for p in plain for t in read_types(p))
            else:
                variants |= self._name_variants(members)
        if values is not None:
            types = frozenset(_JSON_TYPES.get(type(v), "string") for v in values)
        nullable = nullable or "null" in types or (values is not None and None in values)
        return NormalSchema(
            types=_join_numbers(types - {"null"}),
            nullable=nullable,
            values=_freeze(values),
            limits=limits,
            properties=self._read_properties(merged),
            parts=_read_parts(merged),
            variants=variants,
            mapping=_read_mapping(merged),
            annotations=read_annotations([s.value for s in reversed(merged.sources)]),
            members=sole,
        )

    def _merge(self, schemas: Schemas) -> tuple[MergedSchema, list[list[Node]], bool, Schemas]:
        """The schemas with the unions of a single member, null aside, merged into them: the other unions, whether null is
        allowed, and those members. OpenAPI 3.1 writes a nullable reference as a union with null, 3.0 as an `allOf` with `nullable`."""
        nullable, seen = False, set[tuple[Key, str]]()
        folded: Schemas = ()
        while True:
            merged = self._merger.merge((*schemas, *folded))
            nullable = nullable or merged.nullable
            unions, sole = [], []
            for source in merged.sources:
                for keyword in ("oneOf", "anyOf"):
                    members = list_subschemas(source, keyword)
                    if not members or (source.key, keyword) in seen:
                        continue
                    others = [m for m in members if not _is_null(m)]
                    nullable = nullable or len(others) < len(members)
                    if len(others) == 1:
                        seen.add((source.key, keyword))
                        sole += others
                    elif others:
                        unions.append(others)
            if not sole:
                return merged, unions, nullable, folded
            folded = (*folded, *sole)

    def align(self, schemas: Schemas, union: NormalSchema) -> NormalSchema:
        """A schema without a union as the only variant of one, to be compared with a union."""
        schema, target = self.read(schemas), self.find_target(schemas)
        variants = self._name_variants(schema.members or schemas[:1])
        if target and not variants.keys() & union.variants.keys():
            variants = self._name_variants([target])
        if union.properties:  # both have properties beside the union
            return evolve(schema, variants=variants)
        return NormalSchema(variants=variants, nullable=schema.nullable)

    def _name_variants(self, members: Iterable[Node]) -> dict[str, Schemas]:
        """The members of a union by their components, others by their titles, types or positions."""
        named: dict[str, Schemas] = {}
        in_one_order = sorted(members, key=lambda m: _to_json(m.value))
        for i, member in enumerate(in_one_order):
            key = self.resolver.resolved_key(member)
            name = key.pointer.rpartition("/")[2] if key != member.key else ""
            value = member.value if isinstance(member.value, dict) else {}
            name = name or str(value.get("title") or "/".join(sorted(read_types(value))))
            named[name if name and name not in named else f"{name}#{i}"] = (member,)
        return named

    def _read_properties(self, merged: MergedSchema) -> dict[str, NormalProperty]:
        properties = {}
        for name in sorted(merged.properties.keys() | merged.required, key=str):
            schemas = tuple(merged.properties.get(name, ()))
            targets = [t for n in schemas if (t := self.find_target((n,)))]
            values = [n.value for n in (*schemas, *targets) if isinstance(n.value, dict)]
            is_read_only, is_write_only = (
                any(v.get(k) is True for v in values) for k in ("readOnly", "writeOnly")
            )
            is_required = name in merged.required
            properties[name] = NormalProperty(schemas, is_required, is_read_only, is_write_only)
        return properties


def _read_limits(merged: MergedSchema) -> dict[str, Any]:
    """The constraints by keyword, those that limit nothing left out. Of several on one value, the tightest counts.

    `minimum` and `maximum` are pairs of the number and whether it is excluded itself.
    """
    limits: dict[str, Any] = {}

    for source in (s.value for s in merged.sources):
        for keyword in _COUNTS:
            if _is_number(source.get(keyword)) and source[keyword] > 0:
                limits[keyword] = max(limits.get(keyword, 0), source[keyword])
        for keyword in _MAXIMA:
            if _is_number(source.get(keyword)):
                limits[keyword] = min(limits.get(keyword, math.inf), source[keyword])
        if isinstance(source.get("pattern"), str):
            limits["pattern"] = source["pattern"]
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            # A boolean in OpenAPI 3.0, a number of its own since 3.1. A higher pair is the tighter lower limit.
            sign = 1 if bound == "minimum" else -1
            for value, is_excluded in (
                (source.get(bound), source.get(exclusive) is True),
                (source.get(exclusive), True),
            ):
                if _is_number(value):
                    pair = (sign * value, is_excluded)
                    limits[bound] = max(limits.get(bound, pair), pair)
        if source.get("uniqueItems") is True:
            limits["uniqueItems"] = True
        if any(source.get(k) is False for k in ("additionalProperties", "unevaluatedProperties")):
            limits["additionalProperties"] = False
        for keyword in ("dependentRequired", "dependencies"):
            for name, needed in _dict(source.get(keyword)).items():
                if isinstance(needed, list) and needed:
                    pairs = frozenset((name, str(n)) for n in needed)
                    limits["dependentRequired"] = limits.get("dependentRequired", pairs) | pairs
        for keyword in _OPAQUE:
            if keyword in source:
                limits[keyword] = _to_json(source[keyword])
        if format_ := _read_format(source):
            limits["format"] = format_
    return limits


def _read_format(source: dict[str, Any]) -> str:
    """The format; for OpenAPI 3.1, what 3.0 writes as one (3.1, Considerations for File Uploads)."""
    encoding, media_type = source.get("contentEncoding"), source.get("contentMediaType")
    if encoding == "base64":
        return "byte"
    if media_type == "application/octet-stream" and encoding is None:
        return "binary"
    return str(source.get("format") or "")


def _read_parts(merged: MergedSchema) -> dict[tuple[str, str], Schemas]:
    parts: dict[tuple[str, str], Schemas] = {}
    if merged.items:
        parts["items", ""] = tuple(merged.items)
    if merged.additional_properties:
        parts["additionalProperties", ""] = tuple(merged.additional_properties)
    for i, node in enumerate(merged.prefix_items):
        parts["prefixItems", str(i)] = (node,)
    for source in merged.sources:
        for keyword in ("contains", "propertyNames"):
            if isinstance(source.value.get(keyword), dict):
                parts[keyword, ""] = (*parts.get((keyword, ""), ()), source.child(keyword))
        for pattern in _dict(source.value.get("patternProperties")):
            node = source.child("patternProperties", pattern)
            parts["patternProperties", pattern] = (node,)
    return parts


def _read_mapping(merged: MergedSchema) -> frozenset[str]:
    """The values of the discriminator that the document lists."""
    owners = [s for s in merged.sources if get_discriminator(s) is not None]
    return frozenset(v for s in owners for v in _dict(s.value["discriminator"].get("mapping")))


def read_annotations(values: list[Any]) -> dict[str, Any]:
    """Deprecation, stability, sunset and default of an operation, a parameter or a schema. Of several, the last counts."""
    annotations: dict[str, Any] = {}
    for value in (v for v in values if isinstance(v, dict)):
        for name, keywords in (("stability", STABILITY), ("sunset", SUNSET)):
            texts = [value[k] for k in keywords if isinstance(value.get(k), (str, int))]
            if texts:
                annotations[name] = str(texts[0])
        if value.get("deprecated") is True:
            annotations["deprecated"] = True
        if value.get("default") is not None:
            annotations["default"] = value["default"]
    return annotations


def _is_null(node: Node) -> bool:
    value = _dict(node.value)
    is_null = read_types(value) == {"null"} or value.get("enum") == [None]
    return is_null or ("const" in value and value["const"] is None)


def _read_plain(node: Node) -> dict[str, Any]:
    """A schema that only says its type or its values; {} for any other."""
    value = {k: v for k, v in _dict(node.value).items() if k not in ANNOTATIONS}
    if value.keys() == {"type"} and not read_types(value) & {"object", "array"}:
        return value
    return value if value.keys() - {"type"} in ({"enum"}, {"const"}) else {}


def _requires_only(node: Node) -> bool:
    value = _dict(node.value)
    return isinstance(value.get("required"), list) and not (
        value.keys() - ANNOTATIONS - {"required", "type"}
    )


def _join_numbers(types: frozenset[str]) -> frozenset[str]:
    return types - {"integer"} if "number" in types else types


def _freeze(values: list[Any] | None) -> frozenset[str] | None:
    """Values of an enum as JSON texts, in which true is not 1."""
    if values is None:
        return None
    return frozenset(_to_json(v) for v in values if v is not None)


def _to_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def is_binary(schemas: Schemas) -> bool:
    """Whether a body is raw bytes: a file, or a schema that says nothing (OpenAPI 3.1)."""
    values = [_dict(n.value) for n in schemas]
    return all(
        _read_format(v) == "binary" or not v.keys() - ANNOTATIONS - {"contentMediaType"}
        for v in values
    ) and not any(get_keyword(n, "$ref") for n in schemas)
