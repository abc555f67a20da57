"""The driver of the stage: builds the type of each schema where it is used, and the named types that this one needs."""

from __future__ import annotations

from attrs import define, evolve, field

from orcagen.openapi import Document, Key, MediaType, Node, References
from orcagen.schema.infer import infer_enum, infer_scalar, infer_string, read_value_names
from orcagen.schema.keywords import (
    JSON_TYPES,
    clean_text,
    find_sole_reference,
    get_keyword,
    get_text,
)
from orcagen.schema.merge import MergedSchema, SchemaMerger
from orcagen.schema.model import (
    ANY,
    OBJECT_PART,
    POLYMORPHIC,
    Alias,
    Definition,
    ListType,
    MapType,
    ObjectType,
    TupleType,
    Type,
    TypeRef,
    make_nullable,
    make_union,
    union_members,
)
from orcagen.schema.objects import make_object
from orcagen.schema.polymorphism import Polymorphism
from orcagen.schema.resolve import SchemaResolver
from orcagen.schema.suggested_names import (
    find_owner,
    suggest_media_type_name,
    suggest_nested_name,
    suggest_shared_name,
    suggest_variant_name,
)
from orcagen.schema.unions import (
    MAX_COMBINATIONS,
    break_cycles,
    combine_variants,
    is_plain_union,
    select_variants,
)


@define
class TypeBuilder:
    """Collects the types of a document: call the `add_` methods for what is used, then `finish`.

    In all methods, `nodes` are schemas that apply to one value and `merged` is the same as one. `parent` and
    `suggested_name` are for a type that has no name of its own (see `Definition`).
    """

    resolver: SchemaResolver
    merger: SchemaMerger
    polymorphism: Polymorphism
    named: dict[Key, ObjectType | Alias] = field(factory=dict)
    types: dict[Key, Type] = field(factory=dict)
    # Named types are defined one after the other, not where they are met: a chain of references can be long.
    _pending: list[tuple[Node, Key | None, str]] = field(factory=list)
    _queued: set[Key] = field(factory=set)
    _open: set[tuple[Key, ...]] = field(factory=set)  # the schemas whose type is being built
    # (schema with a union, schema of a variant) -> the class for both of them merged
    _variant_classes: dict[tuple[Key, Key], Key] = field(factory=dict)

    @classmethod
    def create(cls, document: Document, references: References) -> TypeBuilder:
        resolver = SchemaResolver(document, references)
        merger = SchemaMerger(resolver)
        return cls(resolver, merger, Polymorphism(resolver, merger))

    def add_component(self, node: Node) -> None:
        self._enqueue(node, None, node.name)

    def add_schema(self, node: Node | None, parent: Key | None, suggested_name: str) -> None:
        if node is not None:
            if shared_name := suggest_shared_name(node):  # the same for all that use it
                parent, suggested_name = None, shared_name
            self.types[node.key] = self._build((node,), parent, suggested_name)

    def add_content(
        self, media_types: tuple[MediaType, ...], parent: Key, suggested_name: str
    ) -> None:
        for content in media_types:
            name = suggested_name
            if content is not media_types[0] and content.schema != media_types[0].schema:
                name = suggest_media_type_name(suggested_name, content.media_type)
            self.add_schema(content.schema, parent, name)
            self.add_schema(content.item_schema, parent, suggested_name + " item")

    def finish(self) -> None:
        while self._pending:
            node, parent, suggested_name = self._pending.pop()
            self.named[node.key] = self._define(node, parent, suggested_name)
        self.named |= break_cycles(self.named)

    # The type of a schema where it is used

    def _build(self, nodes: tuple[Node, ...], parent: Key | None, suggested_name: str) -> Type:
        if len(nodes) == 1:
            node, nullable = self.resolver.unwrap(nodes[0])
            if self._has_name(node, nodes[0]):
                self._enqueue(node, None, node.name)
                type_ = TypeRef(self._add_polymorphic_union(node) or node.key)
                return make_nullable(type_, nullable or self.merger.is_nullable_object(node))
            if node != nodes[0]:
                # A reference into the middle of a component or an operation: the type is named after its place there.
                parent, suggested_name = suggest_nested_name(node, self.resolver.components)
            nodes = (node,)
            if nullable:
                return make_nullable(self._build(nodes, parent, suggested_name), True)
        keys = tuple(n.key for n in nodes)
        if keys in self._open:  # no Python type can contain itself without a name in between
            self.resolver.warn(
                nodes[0], "schema contains itself", "its inner occurrence is treated as any"
            )
            return ANY
        self._open.add(keys)
        try:
            return self._build_merged(nodes, self.merger.merge(nodes), parent, suggested_name)
        finally:
            self._open.discard(keys)

    def _has_name(self, node: Node, used: Node) -> bool:
        """Whether a schema that is used at `used` is named by itself: as a component, a definition or a schema of another
        file, and not as a part of what is around it."""
        if node.key in self.resolver.components:
            return True
        if node == used or not isinstance(node.value, dict):
            return False
        path = node.pointer.split("/")
        return node.file != self.resolver.root_file or "$defs" in path or "definitions" in path

    def _build_merged(
        self,
        nodes: tuple[Node, ...],
        merged: MergedSchema,
        parent: Key | None,
        suggested_name: str,
    ) -> Type:
        if merged.unions:
            return self._build_union(nodes, merged, parent, suggested_name)
        if merged.values is not None:
            # A type of "null" does not add null to an enum (Validation 6.1.2); `nullable` is meant to.
            nullable = merged.nullable and (
                None in merged.values
                or any(merged.first(k) is True for k in ("nullable", "x-nullable"))
            )
            return make_nullable(infer_enum(merged.values), nullable)
        types = merged.infer_types()
        if not types:
            return ANY
        members = [
            self._build_json_type(t, nodes, merged, parent, suggested_name)
            for t in JSON_TYPES
            if t in types and not (t == "integer" and "number" in types)
        ]
        return make_nullable(make_union(members), merged.nullable)

    def _build_json_type(
        self,
        type_: str,
        nodes: tuple[Node, ...],
        merged: MergedSchema,
        parent: Key | None,
        suggested_name: str,
    ) -> Type:
        match type_:
            case "object":
                return self._build_object(nodes, merged, parent, suggested_name)
            case "array":
                return self._build_array(merged, parent, suggested_name)
            case "string":
                return infer_string(
                    merged.first("format"),
                    merged.first("contentEncoding"),
                    merged.first("contentMediaType"),
                    self.resolver.document.openapi_version,
                )
            case _:
                return infer_scalar(type_)

    def _build_object(
        self,
        nodes: tuple[Node, ...],
        merged: MergedSchema,
        parent: Key | None,
        suggested_name: str,
    ) -> Type:
        if not merged.properties:
            values = (*merged.additional_properties, *merged.pattern_properties)
            types = [self._build((v,), parent, f"{suggested_name} value") for v in values]
            return MapType(make_union(types))
        key = _make_key(nodes)
        if key == parent:  # of a schema that allows other types, too: its own name is the union's
            key = Key(key.file, key.pointer, OBJECT_PART)
            suggested_name = suggested_name or "object"
        if key not in self._queued:
            self._queued.add(key)
            definition = Definition(
                key,
                nodes[-1].pointer,
                parent,
                suggested_name,
                clean_text(merged.first("title")),
                clean_text(merged.first("description")),
                deprecated=False,
            )
            self.named[key] = make_object(definition, merged, self.merger, self._build)
        return TypeRef(key)

    def _build_array(self, merged: MergedSchema, parent: Key | None, suggested_name: str) -> Type:
        """`prefixItems` are the first items, `items` those after them (Core 10.3.1): a tuple where `minItems` requires all
        of the first ones, else a list of either."""
        schemas = tuple(n for n in merged.items if isinstance(n.value, dict))
        item_name = f"{suggested_name} item"
        rest = self._build(self.merger.dedupe(schemas), parent, item_name) if schemas else ANY
        if not merged.prefix_items:
            return ListType(rest)
        prefix = tuple(
            self._build((n,), parent, f"{item_name} {i + 1}")
            for i, n in enumerate(merged.prefix_items)
        )
        min_items = merged.first("minItems")
        is_closed = merged.first("maxItems") == len(prefix) or any(
            n.value is False for n in merged.items
        )
        if isinstance(min_items, int) and min_items >= len(prefix):
            return TupleType(prefix, None if is_closed else rest)
        return ListType(make_union([*prefix, *([] if is_closed else [rest])]))

    def _build_union(
        self,
        nodes: tuple[Node, ...],
        merged: MergedSchema,
        parent: Key | None,
        suggested_name: str,
    ) -> Type:
        groups = select_variants(merged)
        base = tuple(merged.without_unions())
        if not groups:
            return self._build_merged(base, evolve(merged, unions=[]), parent, suggested_name)
        if is_plain_union(merged, groups):
            owner = merged.unions[0][0]
            if (
                suggested_name
                and owner.key not in self.resolver.components
                and merged.find_discriminated_union()
            ):
                # Only a named union has a discriminator in Python.
                self._enqueue(owner, parent, suggested_name)
                return make_nullable(TypeRef(owner.key), merged.nullable)
            members = [
                self._build((v,), parent, suggest_variant_name(v, i, suggested_name))
                for i, v in enumerate(groups[0])
            ]
            return make_nullable(make_union(members), merged.nullable)
        # A union beside other keywords: each variant is merged with them.
        is_limited = len(groups) > 1 or bool(merged.properties)
        combinations = combine_variants(groups, MAX_COMBINATIONS if is_limited else None)
        if combinations is None:
            self.resolver.warn(
                nodes[0],
                f"more than {MAX_COMBINATIONS} combinations of oneOf and anyOf variants",
                "variants ignored; their properties are untyped",
            )
            return self._build_merged(base, evolve(merged, unions=[]), parent, suggested_name)
        return self._build_combinations(merged, base, combinations, parent, suggested_name)

    def _build_combinations(
        self,
        merged: MergedSchema,
        base: tuple[Node, ...],
        combinations: list[tuple[Node, ...]],
        parent: Key | None,
        suggested_name: str,
    ) -> Type:
        """The union of `base` merged with each combination of variants."""
        owners = [owner for owner, _ in merged.unions]
        components = {find_owner(n.key, self.resolver.components) for n in (*base, *owners)}
        if len(components) == 1 and (component := components.pop()) and component != parent:
            # All of it is one component's, which another schema extends: its classes are named after the component.
            parent, suggested_name = component, ""
        expanding = {o.key for o in owners} - self.merger.expanding
        self.merger.expanding |= expanding
        members = []
        for i, combination in enumerate(combinations):
            label = " ".join(suggest_variant_name(v, i, "") for v in combination)
            name = f"{suggested_name} {label}"
            variant = combination[0] if len(combination) == 1 else None
            if variant and self.polymorphism.is_descendant(variant, owners[0]):
                # Its own allOf merges it with the base already.
                members.append(self._build((variant,), parent, name))
                continue
            member = self._build((*base, *combination), parent, name)
            members.append(member)
            if variant and parent and isinstance(member, TypeRef):
                self._variant_classes[parent, self.resolver.resolved_key(variant)] = member.key
        self.merger.expanding -= expanding
        return make_nullable(make_union(members), merged.nullable)

    def _add_polymorphic_union(self, node: Node) -> Key | None:
        """The union of a class with a discriminator and all that extend it: where the class is asked for, any of them can
        come. None for other schemas."""
        if not self.polymorphism.is_polymorphic(node):
            return None
        key = Key(node.file, node.pointer, POLYMORPHIC)
        if key not in self._queued:
            self._queued.add(key)
            for descendant in self.polymorphism.find_descendants(node.key):
                self._enqueue(descendant, None, descendant.name)
            self.named[key] = self.polymorphism.make_union(key, node, self._build)
        return key

    def _enqueue(self, node: Node, parent: Key | None, suggested_name: str) -> None:
        if node.key not in self._queued:
            self._queued.add(node.key)
            self._pending.append((node, parent, suggested_name))

    # Named types

    def _define(self, node: Node, parent: Key | None, suggested_name: str) -> ObjectType | Alias:
        key = node.key
        definition = Definition(
            key,
            node.pointer,
            parent,
            suggested_name,
            get_text(node, "title"),
            get_text(node, "description"),
            get_keyword(node, "deprecated") is True,
        )
        target, nullable = self.resolver.unwrap(node)
        if target != node:  # the whole schema is a reference
            type_ = self._build((target,), key, suggested_name)
            return _make_alias(definition, node, make_nullable(type_, nullable))
        merged = self.merger.merge((node,))
        if merged.is_object():
            return make_object(definition, merged, self.merger, self._build)
        if merged.unions and (reference := find_sole_reference(node)):
            type_ = self._build((reference,), key, suggested_name)
            return _make_alias(definition, node, make_nullable(type_, merged.nullable))
        owner = merged.find_discriminated_union()
        nodes = tuple(merged.sources) if owner else (node,)
        alias = _make_alias(definition, node, self._build_merged(nodes, merged, key, ""))
        if merged.properties and self._has_own_classes(alias):
            alias = evolve(alias, common=tuple(merged.properties))
        if owner is None:
            return alias
        return self.polymorphism.add_discriminator(alias, owner, self._variant_classes, self._build)

    def _has_own_classes(self, alias: Alias) -> bool:
        """Whether the members of a union are several classes, all made for this union."""
        members = [
            self.named.get(m.key) if isinstance(m, TypeRef) else None
            for m in union_members(alias.type)
        ]
        return len(members) > 1 and all(
            isinstance(m, ObjectType) and m.parent == alias.key for m in members
        )


def _make_key(nodes: tuple[Node, ...]) -> Key:
    """The key of the class for schemas merged: no other combination has it."""
    file = nodes[0].file
    others = (f"{n.file if n.file != file else ''}{n.pointer}" for n in nodes[1:])
    return Key(file, nodes[0].pointer, "&".join(others))


def _make_alias(definition: Definition, node: Node, type_: Type) -> Alias:
    return Alias(
        definition.key,
        definition.pointer,
        definition.parent,
        definition.suggested_name,
        definition.title,
        definition.description,
        definition.deprecated,
        type_,
        value_names=read_value_names(node.value) if isinstance(node.value, dict) else (),
    )
