"""Definitions and type expressions from views of schemas."""

from __future__ import annotations

from typing import Any

from attrs import define, evolve, field

from orcagen.diagnostics import InputError, Repair
from orcagen.openapi import Key, MediaType, Node
from orcagen.pointers import tokens
from orcagen.schema.hints import find_parent, shared, suggest_variant_name
from orcagen.schema.model import (
    ANY,
    BYTES,
    NONE,
    STR,
    UPLOAD,
    Alias,
    Constraint,
    Definition,
    ListType,
    LiteralType,
    MapType,
    ObjectType,
    Property,
    Scalar,
    TupleType,
    Type,
    TypeRef,
    UnionType,
    make_nullable,
    make_union,
    strongly_connected_components,
    union_members,
)
from orcagen.schema.views import (
    ARRAY,
    FORMATS,
    NUMBER,
    OBJECT,
    STRING,
    TYPES,
    MergedSchema,
    SchemaResolver,
    named_values,
    own,
    says,
    schemas_in,
    text_of,
    wrapped,
)

MOST_VARIANTS = 64  # of one union under properties, before it is kept as plain JSON


@define
class Builder:
    views: SchemaResolver
    named: dict[Key, ObjectType | Alias] = field(factory=dict)
    at: dict[Key, Type] = field(factory=dict)
    _pending: list[tuple[Key, tuple[Node, ...], Key | None, str]] = field(factory=list)
    _queued: set[Key] = field(factory=set)
    _busy: set[tuple[Key, ...]] = field(factory=set)
    _merged: dict[tuple[Key, Key], Key] = field(
        factory=dict
    )  # the class of a variant under the properties of a schema

    # entrances

    def define_component(self, node: Node) -> None:
        self._enqueue(node.key, (node,), None, node.name)

    def place(self, node: Node | None, parent: Key | None, suggested_name: str) -> None:
        if node is not None:
            if words := shared(node):  # named by its component, whoever uses it
                parent, suggested_name = None, words
            self.at[node.key] = self._type((node,), parent, suggested_name)

    def content(self, media_types: tuple[MediaType, ...], parent: Key, suggested_name: str) -> None:
        for content in media_types:
            words = (
                suggested_name
                if content is media_types[0] or content.schema == media_types[0].schema
                else (f"{suggested_name} {content.media_type.partition('/')[2].partition(';')[0]}")
            )
            self.place(content.schema, parent, words)
            self.place(content.item_schema, parent, suggested_name + " item")

    def finish(self) -> None:
        while self._pending:
            key, nodes, parent, suggested_name = self._pending.pop()
            self.named[key] = self._definition(key, nodes, parent, suggested_name)
        self._break_circles()

    def _break_circles(self) -> None:
        """A union that is a member of itself says nothing by that: the reference that closes the circle is dropped. Which
        one that is depends on the circle alone."""
        done: set[Key] = set()

        def visit(key: Key, open_: tuple[Key, ...], circle: set[Key]) -> None:
            if key in done:
                return
            named = self.named[key]
            assert isinstance(named, Alias)
            members = union_members(named.type)
            kept = [m for m in members if not (isinstance(m, TypeRef) and m.key in (*open_, key))]
            if len(kept) < len(members):
                self.named[key] = evolve(named, type=make_union(kept))
            for member in kept:
                if isinstance(member, TypeRef) and member.key in circle:
                    visit(member.key, (*open_, key), circle)
            done.add(key)

        aliases = {k: n.type for k, n in self.named.items() if isinstance(n, Alias)}
        for circle in strongly_connected_components(
            {
                key: [
                    m.key
                    for m in union_members(type_)
                    if isinstance(m, TypeRef) and m.key in aliases
                ]
                for key, type_ in aliases.items()
            }
        ):
            for key in sorted(circle):
                visit(key, (), circle)

    # the type of a schema, seen from where it is used

    def _type(self, nodes: tuple[Node, ...], parent: Key | None, suggested_name: str) -> Type:
        if len(nodes) == 1:
            node, nullable = self.views.through(nodes[0])
            key = node.key
            if self._is_named(node, nodes[0]):
                self._enqueue(key, (node,), None, node.name)
                type_ = TypeRef(self._family(node) or key)
                return make_nullable(type_, nullable or self.views.is_nullable_record(node))
            if node != nodes[0]:  # inline, reached by its pointer: the same type as in its place
                parent, suggested_name = find_parent(node, self.views.components)
            nodes = (node,)
            if nullable:
                return make_nullable(self._type(nodes, parent, suggested_name), True)
        keys = tuple(n.key for n in nodes)
        if keys in self._busy:  # an array or a union that contains itself without a name in between
            self.views.note(
                nodes[0], "a schema that contains itself", "its inner occurrence is plain JSON"
            )
            return ANY
        self._busy.add(keys)
        try:
            return self._shape(nodes, parent, suggested_name)
        finally:
            self._busy.discard(keys)

    def _is_named(self, node: Node, used: Node) -> bool:
        if node.key in self.views.components:
            return True
        if node == used or not isinstance(node.value, dict):
            return False
        # Behind a reference: a part of a component or an operation of this document is named by its parent instead.
        path = node.pointer.split("/")
        return (
            node.file != self.views.references.source.root
            or "$defs" in path
            or "definitions" in path
        )

    def _family(self, node: Node) -> Key | None:
        """Where a record with a discriminator is asked for, those that extend it by allOf will do: the union of all."""
        key = node.key
        discriminator = own(node, "discriminator")
        if not isinstance(discriminator, dict) or "oneOf" in node.value or "anyOf" in node.value:
            return None
        tag = discriminator.get("propertyName")
        heirs = self.views.heirs().get(key, [])
        if not isinstance(tag, str) or not heirs or not self.views.view((node,)).is_record():
            return None
        family = Key(node.file, node.pointer, "family")
        if family not in self._queued:
            self._queued.add(family)
            for heir in heirs:
                self._enqueue(heir.key, (heir,), None, heir.name)
            keys = {heir.name: heir.key for heir in heirs}
            members = tuple(TypeRef(k) for k in (*keys.values(), key))
            description = (
                f"What `{node.name}` stands for: itself, or what extends it, by its `{tag}`."
            )
            base = Definition(family, node.pointer, key, "variant", "", description, False)
            tags = {node.name: key, **keys, **self._mapped(node, discriminator)}
            self.named[family] = evolve(
                self._alias(base, UnionType(members)), discriminator=tag, mapping=tags
            )
        return family

    def _enqueue(
        self, key: Key, nodes: tuple[Node, ...], parent: Key | None, suggested_name: str
    ) -> None:
        if key not in self._queued:
            self._queued.add(key)
            self._pending.append((key, nodes, parent, suggested_name))

    # definitions

    def _definition(
        self, key: Key, nodes: tuple[Node, ...], parent: Key | None, suggested_name: str
    ) -> ObjectType | Alias:
        node = nodes[0]
        title, description = (text_of(own(node, k)) for k in ("title", "description"))
        if pairs := named_values(node.value if isinstance(node.value, dict) else {}):
            words = "Values: " + ", ".join(f"{v} = {w}" for v, w in pairs) + "."
            description = f"{description or title}\n\n{words}".strip()
        base = Definition(
            key,
            node.pointer,
            parent,
            suggested_name,
            title,
            description,
            own(node, "deprecated") is True,
        )
        through, nullable = self.views.through(node)
        if len(nodes) == 1 and through != node:  # the whole schema is a reference
            return self._alias(
                base, make_nullable(self._type((through,), key, suggested_name), nullable)
            )
        view = self.views.view(nodes)
        if view.is_record():
            return self._record(base, view, key)
        if view.unions and len(nodes) == 1 and (inner := wrapped(node)):
            return self._alias(
                base, make_nullable(self._type((inner,), key, suggested_name), view.nullable)
            )
        discriminated = view.discriminated()
        type_ = self._shape(tuple(view.parts) if discriminated else nodes, key, "", view)
        alias = self._alias(base, type_)
        if view.properties and self._is_base(alias):
            alias = evolve(alias, common=tuple(view.properties))
        return self._tagged(alias, discriminated) if discriminated else alias

    def _alias(self, base: Definition, type_: Type) -> Alias:
        return Alias(
            base.key, base.pointer, base.parent, base.suggested_name, base.title, base.description, base.deprecated, type_
        )  # fmt: skip

    def _is_base(self, alias: Alias) -> bool:
        """Whether the members of a union are several classes, all made for this union."""
        named = [
            self.named.get(m.key) if isinstance(m, TypeRef) else None
            for m in union_members(alias.type)
        ]
        return len(named) > 1 and all(
            isinstance(n, ObjectType) and n.parent == alias.key for n in named
        )

    def _record(self, base: Definition, view: MergedSchema, key: Key) -> ObjectType:
        properties = []
        for name, nodes in view.properties.items():
            nodes = [n for n in nodes if isinstance(n.value, dict)] or nodes[:1]
            unique = tuple({n.key: n for n in nodes}.values())
            telling = self.views.distinct(unique)
            inside = telling[0].pointer.rpartition("/properties/")[0] == key.pointer
            home = self.views.home(telling[0]) if len(telling) == 1 and not inside else None
            properties.append(self._property(name, telling, name in view.required, home or key))
        for name in sorted(view.required - view.properties.keys()):
            properties.append(Property(name, ANY, True, ""))
        additional = [
            self._type((n,), self.views.home(n) or key, "additional property")
            for n in (*view.additional, *view.patterns)
        ]
        typed = (
            make_union([t for t in additional if t != ANY])
            if additional and ANY not in additional
            else None
        )
        return ObjectType(
            base.key, base.pointer, base.parent, base.suggested_name, base.title,
            base.description or text_of(view.first("description")), base.deprecated, tuple(properties), typed,
        )  # fmt: skip

    def _property(
        self, name: str, nodes: tuple[Node, ...], required: bool, parent: Key
    ) -> Property:
        type_ = self._type(nodes, parent, name)
        value = nodes[0].value if isinstance(nodes[0].value, dict) else {}
        target = self.views.through(nodes[0])[0].value
        about = {**(target if isinstance(target, dict) else {}), **value}
        constant = (
            type_.values[0]
            if isinstance(type_, LiteralType) and type_.open_type is None and required
            else None
        )
        return Property(
            name=name,
            type=type_,
            required=required,
            description=text_of(about.get("description")) or text_of(about.get("title")),
            value_names=named_values(value),
            read_only=any(
                isinstance(n.value, dict) and n.value.get("readOnly") is True for n in nodes
            ),
            write_only=any(
                isinstance(n.value, dict) and n.value.get("writeOnly") is True for n in nodes
            ),
            deprecated=about.get("deprecated") is True,
            default=value.get("default"),
            constraints=read_constraints(value),
            constant=constant,
            pattern=next((p for n in nodes if (p := self.views.pattern(n)) is not None), None),
        )

    def _tagged(self, alias: Alias, parent: Node) -> Alias:
        """With what each value of the discriminator means: of the variants, the classes that they became."""
        discriminator = parent.value["discriminator"]
        became: dict[Key, Key] = {}
        for variant in (*schemas_in(parent, "oneOf"), *schemas_in(parent, "anyOf")):
            if own(variant, "$ref") is not None:
                place, type_ = self.views.place(variant), self._type((variant,), alias.key, "")
                alone = next((m.key for m in union_members(type_) if isinstance(m, TypeRef)), place)
                became[place] = self._merged.get((alias.key, place), alone)
        tags: dict[str, Key] = {}
        for place in became:
            tags.setdefault(tokens(place[1])[-1], place)
        tags |= self._mapped(parent, discriminator)
        members = union_members(alias.type)
        known = {
            tag: became.get(key, key)
            for tag, key in tags.items()
            if TypeRef(became.get(key, key)) in members or key not in became
        }
        return evolve(alias, discriminator=discriminator["propertyName"], mapping=known)

    def _mapped(self, parent: Node, discriminator: dict[str, Any]) -> dict[str, Key]:
        """The mapping of a discriminator: by reference or by the name of a component."""
        tags: dict[str, Key] = {}
        mapping = discriminator.get("mapping")
        for word, target in (mapping if isinstance(mapping, dict) else {}).items():
            if not isinstance(target, str):
                continue
            if target in self.views.by_name:
                tags[str(word)] = self.views.by_name[target]
            else:
                try:
                    node = self.views.references.resolve_once(parent, target)
                except InputError as error:
                    message = f"the discriminator value {word!r} maps to nothing: {error.message}"
                    place = parent.child("discriminator", "mapping", word)
                    self.views.note(parent, message, "left out", Repair(place.pointer))
                    continue
                tags[str(word)] = node.key
                place = Node(parent.file, parent.pointer + "/discriminator", {"$ref": target})
                self._type((place,), None, "")
        return tags

    # shapes

    def _shape(
        self,
        nodes: tuple[Node, ...],
        parent: Key | None,
        suggested_name: str,
        view: MergedSchema | None = None,
    ) -> Type:
        view = view or self.views.view(nodes)
        if view.unions:
            return self._union_shape(nodes, view, parent, suggested_name)
        if view.values is not None:
            said = any(view.first(k) is True for k in ("nullable", "x-nullable"))
            nullable = view.nullable and (said or None in view.values)
            return make_nullable(self._literals(view), nullable)
        types = view.types or view.guess()
        if not types:
            return ANY
        members: list[Type] = []
        for type_ in TYPES:
            if type_ in types and not (type_ == "integer" and "number" in types):
                members.append(self._one(type_, nodes, view, parent, suggested_name))
        return make_nullable(make_union(members), view.nullable)

    def _one(
        self,
        type_: str,
        nodes: tuple[Node, ...],
        view: MergedSchema,
        parent: Key | None,
        suggested_name: str,
    ) -> Type:
        if type_ == "object":
            if view.properties:
                key = self._key(nodes)
                if key == parent:  # an object or something else: the class is a part of the schema
                    key, suggested_name = (
                        Key(key.file, key.pointer, "object"),
                        suggested_name or "object",
                    )
                self._enqueue_record(key, nodes, view, parent, suggested_name)
                return TypeRef(key)
            additional = [*view.additional, *view.patterns]
            return MapType(
                make_union(
                    [self._type((n,), parent, f"{suggested_name} value") for n in additional]
                )
                if additional
                else ANY
            )
        if type_ == "array":
            return self._array(view, parent, suggested_name)
        if type_ == "string":
            if view.first("contentEncoding") in ("base64", "base64url"):
                return BYTES if view.first("contentEncoding") == "base64" else STR
            if (
                self.views.document.openapi_version in ("3.1", "3.2")
                and view.first("contentMediaType") == "application/octet-stream"
            ):
                return UPLOAD
            return Scalar(FORMATS.get(text_of(view.first("format")), "str"))
        return Scalar(
            {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}[type_]
        )

    def _enqueue_record(
        self,
        key: Key,
        nodes: tuple[Node, ...],
        view: MergedSchema,
        parent: Key | None,
        suggested_name: str,
    ) -> None:
        if key in self._queued:
            return
        self._queued.add(key)
        base = Definition(
            key,
            nodes[-1].pointer,
            parent,
            suggested_name,
            text_of(view.first("title")),
            text_of(view.first("description")),
            False,
        )
        record_view = evolve(view, types={"object"}, nullable=False)
        self.named[key] = self._record(base, record_view, key)

    def _key(self, nodes: tuple[Node, ...]) -> Key:
        file, pointer = nodes[0].file, nodes[0].pointer
        role = "&".join(f"{n.file if n.file != file else ''}{n.pointer}" for n in nodes[1:])
        return Key(file, pointer, role)

    def _array(self, view: MergedSchema, parent: Key | None, suggested_name: str) -> Type:
        items = [n for n in view.items if isinstance(n.value, dict)]
        rest = (
            self._type(self.views.distinct(tuple(items)), parent, f"{suggested_name} item")
            if items
            else ANY
        )
        if not view.prefix:
            return ListType(rest)
        prefix = tuple(
            self._type((n,), parent, f"{suggested_name} item {i + 1}")
            for i, n in enumerate(view.prefix)
        )
        closed = any(n.value is False for n in view.items) or view.first("maxItems") == len(prefix)
        if isinstance(view.first("minItems"), int) and view.first("minItems") >= len(prefix):
            return TupleType(prefix, None if closed else rest)
        return ListType(make_union([*prefix, *([] if closed else [rest])]))

    def _literals(self, view: MergedSchema) -> Type:
        values = [v for v in view.values or () if v is not None]
        if not values:
            return NONE
        plain = [v for v in values if isinstance(v, (str, int))]
        others = [v for v in values if not isinstance(v, (str, int))]
        rests = {_RESTS[type(v)] for v in plain}
        members: list[Type] = []
        if plain:
            rest = (
                None
                if len(values) == 1
                else "str"
                if "str" in rests
                else "int"
                if "int" in rests
                else None
            )
            members.append(LiteralType(tuple(plain), rest))
            if rest == "str" and "int" in rests:
                members.append(Scalar("int"))
        members += [ANY if isinstance(v, (dict, list)) else Scalar("float") for v in others]
        return make_nullable(make_union(members), len(values) < len(view.values or ()))

    def _union_shape(
        self, nodes: tuple[Node, ...], view: MergedSchema, parent: Key | None, suggested_name: str
    ) -> Type:
        groups = [[v for v in variants if says(v)] for _, variants in view.unions]
        groups = [g for g in groups if g]
        base = view.without_unions()
        if not groups:
            return self._shape(tuple(base), parent, suggested_name, evolve(view, unions=[]))
        structural = bool(view.properties or view.required or view.values is not None) or any(
            view.has(k) for k in (OBJECT, ARRAY, STRING, NUMBER, ("format",))
        )
        if (
            len(groups) == 1
            and not structural
            and (view.types is None or len(view.types) > 1 or view.types == {"object"})
        ):
            named = view.unions[0][0]
            if view.discriminated() and suggested_name and named.key not in self.views.components:
                key = self._key((named,))
                if key not in self._queued:
                    self._queued.add(key)
                    self._pending.append((key, (named,), parent, suggested_name))
                return make_nullable(TypeRef(key), view.nullable)
            members = [
                self._type((v,), parent, suggest_variant_name(v, i, suggested_name))
                for i, v in enumerate(groups[0])
            ]
            return make_nullable(make_union(members), view.nullable)
        product: list[list[Node]] = [[]]
        for group in groups:
            product = [[*p, v] for p in product for v in group]
            if len(product) > MOST_VARIANTS and (len(groups) > 1 or view.properties):
                self.views.note(
                    nodes[0],
                    "a union of more than 64 combinations under properties",
                    "its variants kept as JSON",
                )
                return self._shape(tuple(base), parent, suggested_name, evolve(view, unions=[]))
        parts = (*base, *(o for o, _ in view.unions))
        homes = {self.views.whole(n.file, n.pointer) for n in parts}
        if len(homes) == 1 and (home := homes.pop()) and home != parent:
            parent, suggested_name = home, ""  # all of one component, whoever takes it over
        owners = {o.key for o, _ in view.unions} - self.views.open
        self.views.open |= owners
        members = []
        for i, combination in enumerate(product):
            label = " ".join(suggest_variant_name(v, i, "") for v in combination)
            if len(combination) == 1 and self.views.extends(combination[0], view.unions[0][0]):
                members.append(self._type((combination[0],), parent, f"{suggested_name} {label}"))
            else:
                member = self._type((*base, *combination), parent, f"{suggested_name} {label}")
                members.append(member)
                if isinstance(member, TypeRef) and parent and len(combination) == 1:
                    self._merged[parent, self.views.place(combination[0])] = member.key
        self.views.open -= owners
        return make_nullable(make_union(members), view.nullable)


_RESTS = {str: "str", int: "int", bool: "bool"}


_LIMITS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
           "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties")  # fmt: skip


def read_constraints(value: dict[str, Any]) -> tuple[Constraint, ...]:
    """The limits that a schema sets, such as `maximum`."""
    return tuple(
        Constraint(k, value[k])
        for k in _LIMITS
        if k in value and not isinstance(value[k], (dict, list))
    )
