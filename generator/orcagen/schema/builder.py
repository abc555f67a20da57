"""The driver of the stage: builds the type of each schema where it is used, and the named types that this one needs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

from attrs import define, evolve, field

from orcagen.openapi import Key, MediaType, Node, Parameter
from orcagen.openapi.examples import read_example
from orcagen.openapi.references import name_file
from orcagen.openapi.vendor_extensions import Named, find_name
from orcagen.pointers import tokens
from orcagen.schema.infer import (
    SCALARS,
    find_media_type,
    find_pattern,
    has_named_values,
    infer_enum,
    infer_number,
    infer_string,
    read_constraints,
    read_value_names,
)
from orcagen.schema.keywords import (
    JSON_TYPES,
    REFERENCES,
    clean_text,
    find_sole_reference,
    get_discriminator,
    get_keyword,
    get_reference,
    list_subschemas,
    read_types,
)
from orcagen.schema.merge import MergedSchema, SchemaMerger
from orcagen.schema.model import (
    ANY,
    OBJECT_PART,
    POLYMORPHIC,
    Alias,
    CustomType,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Property,
    Scalar,
    TupleType,
    Type,
    TypeRef,
    make_nullable,
    make_union,
    union_members,
)
from orcagen.schema.polymorphism import Polymorphism
from orcagen.schema.resolve import SchemaResolver
from orcagen.schema.suggested_names import (
    find_enclosing_schema,
    find_owner,
    find_property_owner,
    suggest_included_name,
    suggest_nested_name,
    suggest_qualifiers,
    suggest_shared_name,
    suggest_variant_name,
)
from orcagen.schema.unions import break_cycles, is_plain_union, reduce_unions
from orcagen.schema.xml import read_property_xml, read_root_xml

# The keywords of a schema whose type depends on `type` and `format` only, and the types that such a schema has.
_PLAIN_KEYWORDS = frozenset(
    "type format title description summary default example examples deprecated readOnly writeOnly externalDocs xml "
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern".split()
)
_PLAIN_TYPES = frozenset(("string", "number", "integer", "boolean"))
_COMPOSED = (*REFERENCES, "allOf")
# The types of values whose constants cannot be literals.
_WITHOUT_LITERALS = (Scalar("float"), MapType(ANY), ListType(ANY))

# Of one schema, each with a class of its own: three unions of ten variants would be a thousand classes.
MAX_COMBINATIONS = 64


@define
class TypeBuilder:
    """Collects the types of a document: call the `add_` methods for what is used, then `finish`.

    In all methods, `parent` and `suggested_name` are for a type that has no name of its own (see `Definition`).
    """

    resolver: SchemaResolver
    custom: Mapping[str, CustomType]
    has_xml: bool  # whether a body is an XML document
    merger: SchemaMerger = field(init=False)
    polymorphism: Polymorphism = field(init=False)
    named: dict[Key, ObjectType | Alias] = field(factory=dict)
    types: dict[Key, Type] = field(factory=dict)
    xml: dict[Key, dict[str, Any]] = field(factory=dict)
    # Named types are defined one after the other, not where they are met: a chain of references can be long.
    _pending: list[tuple[Node, Key | None, str]] = field(factory=list)
    _queued: set[Key] = field(factory=set)
    parameters: dict[Key, Property] = field(factory=dict)
    event_data: set[Key] = field(factory=set)
    # By the schemas of variants, the properties that stand beside their unions only.
    _lacking: dict[Key, dict[str, Property]] = field(factory=dict)
    _open: set[tuple[Key, ...]] = field(factory=set)  # the schemas whose type is being built
    _plain: dict[tuple[str, str | None], Type] = field(factory=dict)  # by `type` and `format`

    def __attrs_post_init__(self) -> None:
        self.merger = SchemaMerger(self.resolver)
        self.polymorphism = Polymorphism(self.resolver, self.merger, self._build)

    def add_named(self, node: Node, parent: Key | None, suggested_name: str) -> None:
        if node.key not in self._queued:
            self._queued.add(node.key)
            self._pending.append((node, parent, suggested_name))

    def add_schema(
        self, node: Node | None, parent: Key | None, suggested_name: str, kind: str = ""
    ) -> None:
        """Adds what is used. `kind` is the word for what a schema is of: a response, body, parameter or header."""
        if node is not None:
            shared_name = suggest_shared_name(self.resolver.document.place(node.key))
            if not shared_name and parent and node.file not in (parent.file, self.resolver.root):
                shared_name = suggest_included_name(node, kind, self.resolver.root)
            if shared_name:  # the same for all that use it
                parent, suggested_name = None, shared_name
            self.types[node.key] = self._build((node,), parent, suggested_name)

    def add_documentation(self, parameter: Parameter) -> None:
        """Adds what the schema of a parameter says about it."""
        node = parameter.schema
        if node is not None:
            self.parameters[node.key] = self._make_property(
                parameter.name, self.types[node.key], (node,), parameter.required
            )

    def add_content(
        self, media_types: tuple[MediaType, ...], parent: Key, name: str, kind: str
    ) -> None:
        for content in media_types:
            suffix = ""
            if content is not media_types[0] and content.schema != media_types[0].schema:
                suffix = " " + content.media_type.partition("/")[2].partition(";")[0]
            if content.item_schema and content.media_type.startswith("text/event-stream"):
                self._add_event_data(content.item_schema)
            self.add_schema(content.schema, parent, name + suffix, kind)
            self.add_schema(content.item_schema, parent, f"{name} item", kind)
            if content.schema is not None and self.has_xml:
                self.xml[content.schema.key] = read_root_xml(self.resolver, content.schema)

    def _add_event_data(self, item_schema: Node) -> None:
        """Notes the schemas of `data` in server-sent events: text that is typed as what it contains (OpenAPI 3.2,
        Considerations for Server-Sent Events)."""
        todo, seen = [item_schema], set()
        while todo:
            node = todo.pop()
            if node.key in seen or not isinstance(node.value, dict):
                continue
            seen.add(node.key)
            todo += [m for k in ("allOf", "oneOf", "anyOf") for m in list_subschemas(node, k)]
            if isinstance(get_reference(node.value), str):
                todo.append(self.resolver.follow(node))
            properties = node.value.get("properties")
            if isinstance(properties, dict) and "data" in properties:
                data = node.child("properties", "data")
                self.event_data |= {data.key, self.resolver.unwrap(data)[0].key}

    def _build_event_data(
        self, merged: MergedSchema, parent: Key | None, suggested_name: str
    ) -> Type | None:
        """The type of the JSON in the data of an event; None for text and for all other values."""
        if not any(s.key in self.event_data for s in merged.sources):
            return None
        if not clean_text(merged.first("contentMediaType")).endswith(("/json", "+json")):
            return None
        content = [s.child("contentSchema") for s in merged.sources if "contentSchema" in s.value]
        return self._build((content[0],), parent, suggested_name) if content else ANY

    def finish(self) -> None:
        while self._pending:
            node, parent, suggested_name = self._pending.pop()
            self.named[node.key] = self._define(node, parent, suggested_name)
        self._complete_variants()
        self.named |= break_cycles(self.named)
        self.named |= self.polymorphism.finish(self.named)
        del (
            self.polymorphism
        )  # it refers to this object: both would stay, and the document with them

    # The type of a schema where it is used

    def _build(self, nodes: tuple[Node, ...], parent: Key | None, suggested_name: str) -> Type:
        """The type of a value to which all of `nodes` apply."""
        for node in nodes if self.custom else ():
            if (custom := self._find_custom(node)) is not None:
                return custom
        if len(nodes) == 1:
            node, nullable = self.resolver.unwrap(nodes[0])
            if self._has_name(node, nodes[0]):
                self.add_named(node, None, node.name)
                type_ = TypeRef(self._add_polymorphic_union(node) or node.key)
                return make_nullable(type_, nullable or self.merger.is_nullable_object(node))
            if node != nodes[0]:
                # A reference into the middle of a component or an operation: the type is named after its place there.
                parent, suggested_name = self._suggest_nested_name(node)
            nodes = (node,)
            if nullable:
                return make_nullable(self._build(nodes, parent, suggested_name), True)
            if suggested_name and has_named_values(node.value):
                self.add_named(node, parent, suggested_name)
                return TypeRef(node.key)
            if not self.custom and (plain := self._build_plain(node)) is not None:
                return plain
        keys = tuple(n.key for n in nodes)
        if keys in self._open:  # no Python type can contain itself without a name in between
            action = "its inner occurrence is treated as any"
            self.resolver.warn(nodes[0], "schema contains itself", action)
            return ANY
        self._open.add(keys)
        try:
            return self._build_merged(self.merger.merge(nodes), parent, suggested_name)
        finally:
            self._open.discard(keys)

    def _build_plain(self, node: Node) -> Type | None:
        """The type of a string, number or boolean about which a schema says nothing unusual, as most do; None for all other
        schemas."""
        value = node.value
        if not isinstance(value, dict) or not value.keys() <= _PLAIN_KEYWORDS:
            return None
        json_type, format_ = value.get("type"), value.get("format")
        if not isinstance(json_type, str) or json_type not in _PLAIN_TYPES:
            return None
        if not (format_ is None or isinstance(format_, str)):
            return None
        if (json_type, format_) not in self._plain:
            merged = self.merger.merge((node,))
            self._plain[json_type, format_] = self._build_merged(merged, None, "")
        return self._plain[json_type, format_]

    def _find_custom(self, node: Node) -> Type | None:
        """The user's own class for a schema, by its pointer or that of the schema that it refers to, or by the name of a
        component."""
        for place in dict.fromkeys((node, self.resolver.unwrap(node)[0])):
            name = self.resolver.components.get(place.key, "")
            pointer = self.resolver.document.place(place.key)
            if custom := self.custom.get(pointer) or self.custom.get(name):
                return make_nullable(custom, self.merger.merge((node,)).nullable)
        return None

    def _has_name(self, node: Node, used: Node) -> bool:
        """Whether a schema that is used at `used` is named by itself: as a component, a definition or a schema of another
        file, and not as a part of what is around it."""
        if node.key in self.resolver.components:
            return True
        if node == used or not isinstance(node.value, dict):
            return False
        if node.file == self.resolver.root:
            return not {"$defs", "definitions"}.isdisjoint(node.pointer.split("/"))
        return find_enclosing_schema(node.pointer) == node.pointer

    def _suggest_nested_name(self, node: Node) -> tuple[Key | None, str]:
        """The parent and the words for a schema that is a part of another one."""
        parent, suggestion = suggest_nested_name(node, self.resolver.components)
        if parent is not None or node.file == self.resolver.root:
            return parent, suggestion
        pointer = find_enclosing_schema(node.pointer)
        if tokens(node.pointer[len(pointer) :])[0] not in ("content", "schema"):
            outer = self.resolver.find(node.file, pointer)
            self.add_named(outer, None, outer.name)
            return suggest_nested_name(node, {outer.key})
        place = self.resolver.document.place(node.key)
        if place.startswith("/"):  # of a response or a parameter that is a component
            return suggest_nested_name(Node(self.resolver.root, place, node.value), ())
        return None, f"{name_file(node.file, self.resolver.root)} {suggestion}"

    def _suggest_variant_name(self, variant: Node, index: int, suggested_name: str) -> str:
        target = ""
        if isinstance(get_keyword(variant, "$ref"), str):
            target = self.resolver.name(self.resolver.follow(variant))
        return suggest_variant_name(variant, target, index, suggested_name)

    def _is_named(self, variant: Node) -> bool:
        """Whether a variant is a reference to a schema that has a name of its own."""
        return self._has_name(self.resolver.unwrap(variant)[0], variant)

    def _add_polymorphic_union(self, node: Node) -> Key | None:
        """The union of a class with a discriminator and all that extend it: where the class is asked for, any of them can
        come. None for other schemas."""
        if not self.polymorphism.is_polymorphic(node):
            return None
        key = Key(node.file, node.pointer, POLYMORPHIC)
        if key not in self._queued:
            self._queued.add(key)
            self.named[key] = self.polymorphism.make_union(key, node)
        return key

    def _build_merged(self, merged: MergedSchema, parent: Key | None, suggested_name: str) -> Type:
        if merged.unions:
            return self._build_union(merged, parent, suggested_name)
        if merged.values is not None:
            return infer_enum(merged, merged.values)
        if (type_ := self._build_event_data(merged, parent, suggested_name)) is not None:
            return type_
        types = merged.infer_types()
        custom = self.custom.get(f"format:{clean_text(merged.first('format'))}")
        if custom and types <= {"string", "number", "integer"}:
            return make_nullable(custom, merged.nullable)
        members: list[Type] = []
        for json_type in JSON_TYPES:
            if json_type not in types or (json_type == "integer" and "number" in types):
                continue
            match json_type:
                case "object":
                    members.append(self._build_object(merged, parent, suggested_name))
                case "array":
                    members.append(self._build_array(merged, parent, suggested_name))
                case "string":
                    members.append(infer_string(merged, self.resolver.document.openapi_version))
                case "number":
                    members.append(infer_number(merged))
                case _:
                    members.append(Scalar(SCALARS[json_type]))
        return make_nullable(make_union(members), merged.nullable)

    def _build_object(self, merged: MergedSchema, parent: Key | None, suggested_name: str) -> Type:
        if not merged.properties:
            values = (*merged.additional_properties, *merged.pattern_properties)
            types = [self._build((v,), parent, f"{suggested_name} value") for v in values]
            return MapType(make_union(types))
        first, *others = merged.nodes
        # No other combination of schemas has the same role.
        roles = [first.key.role] if first.scope else []
        roles += [self.resolver.document.place(n.key) + n.key.role for n in others]
        key = Key(first.file, first.pointer, "&".join(roles))
        if key == parent:  # of a schema that allows other types, too: its own name is the union's
            key = Key(first.file, first.pointer, OBJECT_PART)
            suggested_name = suggested_name or "object"
        if key not in self._queued:
            self._queued.add(key)
            title = clean_text(merged.first("title"))
            pointer = self.resolver.document.place(merged.nodes[-1].key)
            given_name = "" if key.role else find_name(first.value, "schema")
            header = (key, pointer, parent, suggested_name, title, "", False)
            class_ = ObjectType(*header, given_name=given_name)
            self.named[key] = self._add_properties(class_, merged)
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

    def _build_union(self, merged: MergedSchema, parent: Key | None, suggested_name: str) -> Type:
        merged = reduce_unions(merged, self.merger)
        groups = [variants for _, variants in merged.unions]
        is_plain = is_plain_union(merged)
        owner = merged.find_discriminated_union()
        # Only a named union has a discriminator in Python. What stands beside it in the same schema is a part of it.
        is_whole = is_plain or (owner and [n.key for n in merged.nodes] == [owner.key])
        if owner and is_whole and suggested_name and owner.key not in self.resolver.components:
            self.add_named(owner, parent, suggested_name)
            return make_nullable(TypeRef(owner.key), merged.nullable)
        if not is_plain:
            # Each variant is merged with the other keywords.
            makes_classes = bool(merged.properties) and not all(map(self._is_named, groups[0]))
            is_limited = len(groups) > 1 or makes_classes
            if not is_limited or math.prod(map(len, groups)) <= MAX_COMBINATIONS:
                return self._expand_union(merged, parent, suggested_name)
            self.resolver.warn(
                merged.nodes[0],
                f"more than {MAX_COMBINATIONS} combinations of oneOf and anyOf variants",
                "variants ignored; their properties are untyped",
            )
            return self._build_merged(merged.without_unions(), parent, suggested_name)
        members = [
            self._build((v,), parent, self._suggest_variant_name(v, i, suggested_name))
            for i, v in enumerate(groups[0])
        ]
        return make_nullable(make_union(members), merged.nullable)

    def _expand_union(self, merged: MergedSchema, parent: Key | None, suggested_name: str) -> Type:
        """The union of all combinations of one variant of each union, each merged with what is beside the unions."""
        base = merged.without_unions().nodes
        owners = [owner for owner, _ in merged.unions]
        components = {find_owner(n.key, self.resolver.components) for n in (*base, *owners)}
        if len(components) == 1 and (component := components.pop()) and component != parent:
            # All of it is one component's, which another schema extends: its classes are named after the component.
            parent, suggested_name = component, ""
        expanding = {o.key for o in owners} - self.merger.expanding
        self.merger.expanding |= expanding
        members = []
        beside = self.merger.merge(base)
        combinations = itertools.product(*(variants for _, variants in merged.unions))
        for i, chosen in enumerate(combinations):
            # The same variant of an `anyOf` and of a `oneOf` is one.
            combination = tuple({self.resolver.resolved_key(v): v for v in chosen}.values())
            label = " ".join(self._suggest_variant_name(v, i, "") for v in combination)
            name = f"{suggested_name} {label}"
            variant = combination[0] if len(combination) == 1 else None
            if variant and self.polymorphism.is_descendant(variant, owners[0]):
                members.append(self._build((variant,), parent, name))  # merged by its own allOf
                continue
            if variant and self._is_named(variant):
                lacking = self.merger.find_lacking(beside, variant)
                # A single variant is extended by what is beside it, as by allOf.
                if lacking is not None and not (lacking and len(merged.unions[0][1]) == 1):
                    members.append(self._build((variant,), parent, name))
                    self._add_lacking(variant, lacking, parent)
                    continue
            member = self._build((*base, *combination), parent, name)
            members.append(member)
            if variant and parent and isinstance(member, TypeRef):
                variant_key = self.resolver.resolved_key(variant)
                self.polymorphism.variant_classes[parent, variant_key] = member.key
        self.merger.expanding -= expanding
        return make_nullable(make_union(members), merged.nullable)

    def _add_lacking(
        self, variant: Node, lacking: dict[str, list[Node]], parent: Key | None
    ) -> None:
        """Notes the properties that stand beside a union for one of its variants: they are optional ones of its class."""
        added = self._lacking.setdefault(self.resolver.unwrap(variant)[0].key, {})
        for name, declared in lacking.items():
            nodes = self.merger.dedupe(tuple({n.key: n for n in declared}.values()))
            owner = find_property_owner(nodes[0], self.resolver.components)
            type_ = self._build(nodes, owner or parent, name)
            property_ = self._make_property(name, type_, nodes, required=False)
            if name in added:
                property_ = evolve(added[name], type=make_union([added[name].type, type_]))
            added[name] = property_

    def _complete_variants(self) -> None:
        """Adds the noted properties to the classes of variants, and to those that extend them."""
        todo = list(self._lacking.items())
        while todo:
            key, properties = todo.pop()
            class_ = self.named[key]
            if not isinstance(class_, ObjectType):
                continue
            own = {p.name for p in class_.properties}
            new = {k: p for k, p in properties.items() if k not in own}
            if new:
                self.named[key] = evolve(class_, properties=(*class_.properties, *new.values()))
                todo += [
                    (k, new)
                    for k, n in self.named.items()
                    if isinstance(n, ObjectType) and key in n.extends
                ]

    # Named types

    def _define(self, node: Node, parent: Key | None, suggested_name: str) -> ObjectType | Alias:
        key = node.key
        title = clean_text(get_keyword(node, "title"))
        description = clean_text(get_keyword(node, "description"))
        deprecated = get_keyword(node, "deprecated") is True
        pointer = self.resolver.document.place(key)
        header = (key, pointer, parent, suggested_name, title, description, deprecated)
        qualifiers = None
        if parent is None and suggested_name == node.name and key not in self.resolver.components:
            qualifiers = suggest_qualifiers(node, self.resolver.root, self.resolver.components)
        value = node.value if isinstance(node.value, dict) else {}
        kind: Named = "component" if key in self.resolver.components else "schema"
        given_name = find_name(value, kind)
        alias = Alias(
            *header,
            value_names=read_value_names(value),
            constraints=read_constraints(value),
            default_value=value.get("default"),
            qualifiers=qualifiers,
            given_name=given_name,
        )
        if self.custom and (custom := self._find_custom(node)) is not None:
            return evolve(alias, type=custom)
        target, nullable = self.resolver.unwrap(node)
        if target != node:  # the whole schema is a reference
            type_ = self._build((target,), key, suggested_name)
            return evolve(alias, type=make_nullable(type_, nullable))
        merged = self.merger.merge((node,))
        if merged.is_object():
            return self._add_properties(
                ObjectType(*header, qualifiers=qualifiers, given_name=given_name), merged
            )
        if merged.unions and (reference := find_sole_reference(node)):
            type_ = self._build((reference,), key, suggested_name)
            return evolve(alias, type=make_nullable(type_, merged.nullable))
        owner = merged.find_discriminated_union()
        if owner:
            merged = evolve(merged, nodes=tuple(merged.sources))
        alias = evolve(alias, type=self._build_merged(merged, key, ""))
        has_tag = owner is not None and get_discriminator(owner) in merged.properties
        if has_tag or (merged.properties and self._has_own_classes(alias)):
            alias = evolve(alias, common=tuple(merged.properties))
        return self.polymorphism.add_discriminator(alias, owner) if owner else alias

    def _has_own_classes(self, alias: Alias) -> bool:
        """Whether the members of a union are several classes, all made for this union."""
        members = [
            self.named.get(m.key) if isinstance(m, TypeRef) else None
            for m in union_members(alias.type)
        ]
        return len(members) > 1 and all(
            isinstance(m, ObjectType) and m.parent == alias.key for m in members
        )

    def _add_properties(self, class_: ObjectType, merged: MergedSchema) -> ObjectType:
        """The class with the properties of its schema."""
        key, components = class_.key, self.resolver.components
        properties = []
        for name, nodes in merged.properties.items():
            # `false` says that there is no such property (Core 4.3.2); another declaration of it counts more.
            schemas = [n for n in nodes if isinstance(n.value, dict)] or nodes[:1]
            relevant = self.merger.dedupe(tuple({n.key: n for n in schemas}.values()))
            owner = None
            if len(relevant) == 1:
                declared_in = relevant[0].pointer.rpartition("/properties/")[0]
                if key.role or (relevant[0].file, declared_in) != (key.file, key.pointer):
                    owner = find_property_owner(relevant[0], components)
            type_ = self._build(relevant, owner or key, name)
            properties.append(self._make_property(name, type_, relevant, name in merged.required))
        additional = [
            self._build((n,), find_property_owner(n, components) or key, "additional property")
            for n in (*merged.additional_properties, *merged.pattern_properties)
        ]
        for name in sorted(merged.required - merged.properties.keys()):
            is_contradiction = merged.is_closed and not additional
            if is_contradiction:
                message = f"property {name!r} is required, but not allowed by `additionalProperties: false`"
                self.resolver.warn(
                    merged.nodes[0], message, "treated as an optional property of any type"
                )
            properties.append(Property(name, make_union(additional), not is_contradiction, ""))
        return evolve(
            class_,
            description=class_.description or clean_text(merged.first("description")),
            properties=tuple(properties),
            is_closed=merged.is_closed and not additional,
            # That of a base is none of what extends it.
            example=read_example(merged.nodes[0].value) if len(merged.nodes) == 1 else None,
            extends=tuple(k for n in merged.nodes for k in self.polymorphism.find_bases(n)),
            additional_properties=make_union(additional)
            if additional and ANY not in additional
            else None,
        )

    def _make_property(
        self, name: str, type_: Type, nodes: tuple[Node, ...], required: bool
    ) -> Property:
        targets = [self.resolver.unwrap(n)[0].value for n in nodes]
        # What stands beside a reference is documentation of this property, and goes before the target's.
        own = nodes[0].value if isinstance(nodes[0].value, dict) else {}
        documented = own
        if targets[0] is not own and isinstance(targets[0], dict):
            documented = {**targets[0], **own}
        limits = own
        is_composed = not own.keys().isdisjoint(_COMPOSED)
        if is_composed and not read_types(documented) & {"object", "array"}:
            merged = self.merger.merge(nodes)
            if merged.is_scalar():
                for source in merged.sources:
                    limits = source.value | limits
                documented = limits
        constant = None
        if required and isinstance(type_, LiteralType) and type_.open_type is None:
            constant = type_.values[0] if len(type_.values) == 1 else None
        elif required and type_ in _WITHOUT_LITERALS:
            constants = (t["const"] for t in targets if isinstance(t, dict) and "const" in t)
            constant = next(constants, None)
        return Property(
            name=name,
            type=type_,
            required=required,
            description=clean_text(documented.get("description"))
            or clean_text(documented.get("title")),
            value_names=read_value_names(own),
            read_only=any(get_keyword(n, "readOnly") is True for n in nodes),
            write_only=any(get_keyword(n, "writeOnly") is True for n in nodes),
            deprecated=documented.get("deprecated") is True,
            default=limits.get("default"),
            constraints=read_constraints(limits),
            constant=constant,
            pattern=next((p for p in map(find_pattern, targets) if p is not None), None),
            xml=read_property_xml(self.resolver, nodes[0], name) if self.has_xml else {},
            media_type=next(filter(None, map(find_media_type, targets)), None),
            given_name=next(filter(None, (find_name(n.value, "property") for n in nodes)), ""),
        )
