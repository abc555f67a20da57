"""Merging: all schema objects that apply to one value, as one.

A schema applies together with the targets of its `$ref`, the members of its `allOf`, and, for a property that several of them
declare, each declaration (Core 10.2.1.1). Contradictions are reported and resolved so that either side is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define, evolve, field

from orcagen.diagnostics import Repair
from orcagen.openapi import Key, Node
from orcagen.schema.keywords import (
    ANNOTATIONS,
    FORMATS,
    JSON_TYPES,
    TYPE_KEYWORDS,
    allows_type,
    clean_text,
    constrains_type,
    get_discriminator,
    get_keyword,
    get_reference,
    json_equal,
    list_subschemas,
    read_types,
)
from orcagen.schema.resolve import SchemaResolver

# The keywords whose values are arrays of schemas, but for allOf.
_LISTS = ("prefixItems", "items", "oneOf", "anyOf")


@define
class MergedSchema:
    """Several schema objects that apply to one value, keyword by keyword.

    `nodes` are the schemas that were to be merged, `sources` all objects in them, in document order, references resolved. `types` is None where no `type` is given, and
    never has "null" beside others: that is `nullable`. `values` are those of `enum` and `const`; None where all are
    allowed. `is_closed` says that properties without a schema are not allowed. `unions` are the `oneOf` and `anyOf`, each as the schema that has it and its variants.
    """

    nodes: tuple[Node, ...]
    sources: list[Node] = field(factory=list)
    types: set[str] | None = None
    nullable: bool = False
    values: list[Any] | None = None
    properties: dict[str, list[Node]] = field(factory=dict)
    required: set[str] = field(factory=set)
    additional_properties: list[Node] = field(factory=list)
    is_closed: bool = False
    pattern_properties: list[Node] = field(factory=list)
    items: list[Node] = field(factory=list)
    prefix_items: list[Node] = field(factory=list)
    unions: list[tuple[Node, list[Node]]] = field(factory=list)

    def has(self, keywords: Iterable[str]) -> bool:
        return any(k in source.value for source in self.sources for k in keywords)

    def first(self, keyword: str) -> Any:
        """The first value of a keyword; None where it is absent."""
        return next((s.value[keyword] for s in self.sources if keyword in s.value), None)

    def infer_types(self) -> set[str]:
        """The JSON types of the value: `type`, else the type that the keywords apply to; empty where any is possible.

        By the standard, `{properties: ...}` without a `type` allows strings and numbers, too (Core 7.6.1). It is written to
        mean an object.
        """
        if self.types:
            return self.types
        for type_, keywords in TYPE_KEYWORDS.items():
            if self.has(keywords):
                return {type_}
        return {"string"} if clean_text(self.first("format")) in FORMATS else set()

    def is_object(self) -> bool:
        """Whether a class can be made of it: properties, and no other way for the value to look."""
        is_object_only = self.types is None or self.types == {"object"}
        return bool(self.properties) and not self.unions and self.values is None and is_object_only

    def is_scalar(self) -> bool:
        """Whether the value is a string, a number or a boolean, and not one that is listed."""
        types = self.infer_types()
        is_plain = types <= {"string", "number", "integer", "boolean"}
        return len(types) == 1 and is_plain and not self.unions and self.values is None

    def find_discriminated_union(self) -> Node | None:
        """The schema whose union has a discriminator (OpenAPI, Discriminator Object). It can also stand beside the allOf that
        has the union."""
        owners = [owner for owner, _ in self.unions]
        outer = self.nodes[0]
        if (
            len(owners) == 1
            and outer.file == owners[0].file
            and get_discriminator(outer) is not None
        ):
            owner = owners[0]
            return owner.with_value(owner.value | {"discriminator": outer.value["discriminator"]})
        return next((o for o in owners if get_discriminator(o) is not None), None)

    def without_unions(self) -> MergedSchema:
        """What it says beside its unions. References and allOf are sources of their own and not repeated in `nodes`."""
        out = []
        dropped = {"oneOf", "anyOf", "allOf", "discriminator", "$ref", "nullable"}
        for source in self.sources:
            value = {k: v for k, v in source.value.items() if k not in dropped}
            if value.keys() - ANNOTATIONS:
                out.append(source.with_value(value))
        nodes = tuple(out) or (self.sources[0].with_value({}),)
        return evolve(self, nodes=nodes, unions=[])


@define
class SchemaMerger:
    """Merges schemas of one document.

    `expanding` are the schemas whose union is being expanded, variant by variant. A variant that refers back to one of them
    is merged with its other keywords only: otherwise the expansion would not end.
    """

    resolver: SchemaResolver
    expanding: set[Key] = field(factory=set)

    def merge(self, nodes: tuple[Node, ...]) -> MergedSchema:
        merged = MergedSchema(nodes)
        for node in nodes:
            self._add(merged, node, ())
        merged.nullable = any(get_keyword(nodes[0], k) is True for k in ("nullable", "x-nullable"))
        if merged.types is not None and "null" in merged.types:
            merged.nullable = True
            merged.types = merged.types - {"null"} or {"null"}
        self._drop_neutral_variants(merged, nodes[0].key)
        return merged

    def is_nullable_object(self, node: Node) -> bool:
        """Whether a schema becomes a class and allows null. A class cannot be None: each use of it says so instead."""
        value = node.value if isinstance(node.value, dict) else {}
        if "null" in read_types(value) or value.get("nullable") or value.get("x-nullable"):
            merged = self.merge((node,))
            return merged.nullable and merged.is_object()
        return False

    def dedupe(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        """Of several schemas for one value, those that another one does not repeat or imply; at least one."""
        if len(nodes) == 1:
            return nodes
        unique: list[Node] = []
        for node in nodes:
            is_typed = isinstance(node.value, dict) and node.value.keys() - ANNOTATIONS
            if is_typed and not any(json_equal(node.value, u.value) for u in unique):
                unique.append(node)
        kept = [n for n in unique if not any(u is not n and self._is_implied(n, u) for u in unique)]
        return tuple(kept or unique) or nodes[:1]

    def is_null(self, node: Node) -> bool:
        """Whether null is the only value of a schema."""
        merged = self.merge((node,))
        return merged.types == {"null"} or merged.values == [None]

    def find_lacking(self, beside: MergedSchema, variant: Node) -> dict[str, list[Node]] | None:
        """The properties that stand beside a union and that one of its variants does not have; empty where the variant says,
        as far as types go, all that stands beside the union. None where the two together are another type than the variant.

        A scalar property that both declare is what the variant says.
        """
        own = self.merge((variant,))
        types = own.infer_types()
        if not (
            (
                beside.types is None
                or bool(types and all(allows_type(beside.types, t) for t in types))
            )
            and (beside.values is None or _is_subset(own.values, beside.values))
            and beside.first("format") in (None, own.first("format"))
            and not beside.unions
            and not any(n.value != {} for n in beside.additional_properties)
            and not any((beside.pattern_properties, beside.items))
        ):
            return None
        lacking = {k: v for k, v in beside.properties.items() if k not in own.properties}
        if lacking and not own.is_object():
            return None
        shared = (
            (n, own.properties[k])
            for k in beside.properties.keys() - lacking
            for n in beside.properties[k]
        )
        is_own = all(self._is_scalar(n) or self._is_implied_property(n, o) for n, o in shared)
        return lacking if is_own else None

    def _is_scalar(self, node: Node) -> bool:
        types = self.merge((node,)).types
        return bool(types) and {"object", "array"}.isdisjoint(types or ())

    def _is_implied_property(self, node: Node, own: list[Node]) -> bool:
        """Whether schemas of a property allow nothing but what `node` allows, as far as types go."""
        if not isinstance(node.value, dict):
            return node.value is True
        stated = _strip_annotations(node)
        if any(n.file == node.file and json_equal(stated, _strip_annotations(n)) for n in own):
            return True
        if stated.keys() - {"type", "enum"}:
            return False
        general, merged = self.merge((node,)), self.merge(tuple(own))
        types = merged.infer_types()
        return (
            (not general.types or bool(types and all(allows_type(general.types, t) for t in types)))
            and (general.nullable or not merged.nullable)
            and (general.values is None or _is_subset(merged.values, general.values))
        )

    def _add(self, merged: MergedSchema, node: Node, path: tuple[Key, ...]) -> None:
        value, key = node.value, node.key
        if key in path:  # through references or allOf back to a schema that is being added
            return
        if not isinstance(value, dict):
            if not isinstance(value, bool):  # Core 4.3.2: true and false are schemas
                message = "schema is neither an object nor a boolean"
                self.resolver.warn(node, message, "treated as any")
            return
        path = (*path, key)
        reference = get_reference(value)
        if isinstance(reference, str):
            self._add(merged, self.resolver.follow(node), path)
            if self.resolver.ignores_ref_siblings:
                return
        merged.sources.append(node)
        version = self.resolver.document.openapi_version
        if value.get("nullable") is True and version in ("3.1", "3.2"):
            self.resolver.warn(
                node,
                f"`nullable` is not an OpenAPI {version} keyword",
                "treated as `type: [..., null]`",
                *_nullable_repairs(node),
            )
        if "allOf" in value:
            for member in list_subschemas(node, "allOf"):
                self._add(merged, member, path)
        self._add_types(merged, node)
        self._add_values(merged, node)
        self._add_properties(merged, node)
        if isinstance(value.get("items"), (dict, bool)):
            merged.items.append(node.child("items"))
        if value.keys().isdisjoint(_LISTS):
            return
        # Up to 2019-09 the schemas of a tuple were an array in `items`.
        for keyword in ("prefixItems", "items"):
            merged.prefix_items = merged.prefix_items or list_subschemas(node, keyword)
        for keyword in ("oneOf", "anyOf"):
            variants = list_subschemas(node, keyword)
            if variants and (constants := self._read_constants(variants)):
                _restrict_values(merged, constants)
            elif variants and key not in self.expanding:
                merged.unions.append((node, variants))

    def _add_properties(self, merged: MergedSchema, node: Node) -> None:
        value = node.value
        if isinstance(value.get("properties"), dict):
            for name in value["properties"]:
                merged.properties.setdefault(name, []).append(node.child("properties", name))
        if isinstance(value.get("required"), list):
            merged.required |= {n for n in value["required"] if isinstance(n, str)}
        # `false` tells the members of a union apart. Unknown properties are accepted, so that a server may add some.
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            merged.is_closed = merged.is_closed or value.get(keyword) is False
            if isinstance(value.get(keyword), dict):
                merged.additional_properties.append(node.child(keyword))
            elif value.get(keyword) is True:
                any_value = Node(node.file, f"{node.pointer}/{keyword}", {})
                merged.additional_properties.append(any_value)
        if isinstance(value.get("patternProperties"), dict):
            merged.pattern_properties += [
                node.child("patternProperties", p) for p in value["patternProperties"]
            ]

    def _add_types(self, merged: MergedSchema, node: Node) -> None:
        value = node.value
        types = read_types(value)
        if unknown := types - set(JSON_TYPES):
            self.resolver.warn(
                node,
                f"unknown JSON Schema type {sorted(unknown)[0]!r}",
                "treated as any",
                Repair(node.pointer + "/type"),
            )
            types = set()
        if not types:
            return
        # `nullable` adds null to the `type` of the same schema object, and to no other (OpenAPI 3.0, Schema Object).
        if value.get("nullable") is True and self.resolver.document.openapi_version != "2.0":
            types = types | {"null"}
        if merged.types is None:
            merged.types = types
            return
        either = merged.types | types
        both = {t for t in either if allows_type(merged.types, t) and allows_type(types, t)}
        if not both:
            message = "combined schemas have types that exclude each other"
            self.resolver.warn(node, message, "treated as either")
        merged.types = both or either

    def _add_values(self, merged: MergedSchema, node: Node) -> None:
        value = node.value
        values = [value["const"]] if "const" in value else value.get("enum")
        if not isinstance(values, list):
            return
        repeated = [
            i for i, v in enumerate(values) if any(json_equal(v, other) for other in values[:i])
        ]
        if repeated:  # Validation 6.1.2: elements SHOULD be unique
            self.resolver.warn(
                node,
                "duplicate enum values",
                "duplicates ignored",
                *(Repair(f"{node.pointer}/enum/{i}") for i in repeated),
            )
            values = [v for i, v in enumerate(values) if i not in repeated]
        if not values:  # Validation 6.1.2: the array SHOULD have at least one element
            message = "enum without values allows nothing"
            self.resolver.warn(node, message, "enum ignored", Repair(node.pointer + "/enum"))
            return
        _restrict_values(merged, values)

    def _read_constants(self, variants: list[Node]) -> list[Any] | None:
        """The values of an enum that is written as a union of constants, each with a title and a description of its own;
        None for any other union."""
        constants: list[Any] = []
        for variant in variants:
            value = self.resolver.unwrap(variant)[0].value
            if not isinstance(value, dict):
                return None
            keywords = {k for k in value.keys() - ANNOTATIONS if not k.startswith("x-")}
            if "const" in value and keywords <= {"const", "type"}:
                constants.append(value["const"])
            elif keywords == {"type"} and read_types(value) == {"null"}:
                constants.append(None)
            else:
                return None
        return constants if any(c is not None for c in constants) else None

    def _drop_neutral_variants(self, merged: MergedSchema, key: Key) -> None:
        """Drops what does not constrain the type of the schema `key`: (1) variants that only list required properties;
        (2) the union of a schema that `key` extends by allOf, with `key` among its variants; (3) in a union of `key` itself,
        the variant that is `key` again."""
        unions = []
        for owner, all_variants in merged.unions:
            variants = [v for v in all_variants if constrains_type(v)]
            others = [v for v in variants if self.resolver.resolved_key(v) != key]
            if others and (len(others) == len(variants) or owner.key == key):
                unions.append((owner, others))
        merged.unions = unions

    def _is_implied(self, node: Node, other: Node) -> bool:
        """Whether a schema is only `type: object`, or an array of such, and `other` allows nothing else either."""
        if not isinstance(node.value, dict) or node.value.keys() - ANNOTATIONS - {"type", "items"}:
            return False
        merged = self.merge((other,))
        types, other_types = read_types(node.value), merged.infer_types()
        if not other_types or not other_types <= types or not types <= {"object", "array"}:
            return not types and "items" not in node.value
        inner = node.child("items") if "items" in node.value else None
        return inner is None or any(self._is_implied(inner, i) for i in merged.items)


def _restrict_values(merged: MergedSchema, values: list[Any]) -> None:
    if merged.values is None:
        merged.values = values
    else:
        common = [v for v in merged.values if any(json_equal(v, other) for other in values)]
        merged.values = common or [*merged.values, *values]


def _strip_annotations(node: Node) -> Any:
    value = node.value
    return (
        {k: v for k, v in value.items() if k not in ANNOTATIONS}
        if isinstance(value, dict)
        else value
    )


def _is_subset(values: list[Any] | None, others: list[Any]) -> bool:
    return values is not None and all(any(json_equal(v, o) for o in others) for v in values)


def _nullable_repairs(node: Node) -> tuple[Repair, ...]:
    """Changes that say in OpenAPI 3.1 what `nullable` says in 3.0: "null" among the types, and null among the values."""
    types, enum = node.value.get("type"), node.value.get("enum")
    if not read_types(node.value):
        return ()
    update: dict[str, Any] = {}
    if "null" not in read_types(node.value):
        update["type"] = ["null"] if isinstance(types, list) else [types, "null"]
    if isinstance(enum, list) and None not in enum:
        update["enum"] = [None]
    return Repair(node.pointer, update), Repair(node.pointer + "/nullable")
