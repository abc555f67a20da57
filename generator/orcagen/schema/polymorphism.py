"""Polymorphism of OpenAPI: schemas that extend others by allOf, and discriminators that select one by a property's value.

See the Discriminator Object and "Composition and Inheritance (Polymorphism)" under the Schema Object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import define, evolve, field

from orcagen.diagnostics import InputError, Repair
from orcagen.openapi import Key, Node
from orcagen.pointers import escaped
from orcagen.schema.keywords import get_discriminator, get_keyword, list_subschemas
from orcagen.schema.merge import MergedSchema, SchemaMerger
from orcagen.schema.model import (
    Alias,
    ObjectType,
    Type,
    TypeRef,
    UnionType,
    union_members,
)
from orcagen.schema.resolve import SchemaResolver
from orcagen.schema.tags import add_tags

BuildType: TypeAlias = Callable[[tuple[Node, ...], Key | None, str], Type]


@define
class Polymorphism:
    """Knows which schemas extend which, and which schema a value of a discriminator selects.

    `build` makes the type of the schemas that apply to one value, by the parent and the suggested name of a type that has no
    name of its own (see `Definition`). `variant_classes` has, by the key of an alias and of the schema of a variant, the
    class for that variant merged with what is beside the union. `names` has, by the key of an alias, the members of its
    union by the names of their schemas, which are values of the discriminator unless the document says otherwise.
    """

    resolver: SchemaResolver
    merger: SchemaMerger
    build: BuildType
    variant_classes: dict[tuple[Key, Key], Key] = field(factory=dict)
    names: dict[Key, dict[str, Key]] = field(factory=dict)
    _extensions: dict[Key, dict[Key, Node]] = field(factory=dict)
    _searched: set[tuple[str, str]] = field(factory=set)

    # Schemas that extend others

    def find_descendants(self, base: Node) -> list[Node]:
        """The schemas that extend one by allOf, directly or through others: of the document's components, of those beside
        it where it is in another file, and of the `mapping` of its discriminator."""
        self._find_extensions(base)
        descendants: dict[Key, Node] = {}
        queue = list(self._extensions.get(base.key, {}).values())
        while queue:
            node = queue.pop(0)
            if node.key not in descendants and node.key != base.key:
                descendants[node.key] = node
                queue += self._extensions.get(node.key, {}).values()
        return list(descendants.values())

    def find_bases(self, node: Node) -> Iterator[Key]:
        """The schemas that one refers to in its allOf, or by a reference with siblings."""
        return (base.key for base in self._list_bases(node))

    def _list_bases(self, node: Node) -> Iterator[Node]:
        if isinstance(get_keyword(node, "$ref"), str):
            yield self.resolver.unwrap(self.resolver.follow(node))[0]
        for member in list_subschemas(node, "allOf"):
            yield from self._list_bases(member)

    def is_descendant(self, node: Node, base: Node) -> bool:
        """Whether a schema, or the one that it refers to, extends `base`."""
        key = self.resolver.resolved_key(node)
        return any(d.key == key for d in self.find_descendants(base))

    def _find_extensions(self, base: Node) -> None:
        """Collects what can extend `base`, once for each place where schemas are."""
        folder = base.pointer.rpartition("/")[0]
        places: list[tuple[str, str, list[Node]]] = [("", "", list(self.resolver.document.schemas))]
        if base.file != self.resolver.references.source.root and base.pointer:
            around = self.resolver.references.resolve_once(base, f"#{folder}")
            if isinstance(around.value, dict):
                siblings = [around.child(name) for name in around.value]
                places.append((base.file, folder, siblings))
        if get_discriminator(base) is not None:
            places.append((base.file, base.pointer, [n for _, n in self._list_mapped(base)]))
        for file, pointer, nodes in places:
            if (file, pointer) in self._searched:
                continue
            self._searched.add((file, pointer))
            for node in nodes:
                # A component can be only the name of a schema in another file.
                extending = self.resolver.unwrap(node)[0] if isinstance(node.value, dict) else node
                for base_schema in self._list_bases(extending):
                    extensions = self._extensions.setdefault(base_schema.key, {})
                    extensions.setdefault(extending.key, extending)

    # Discriminators

    def find_discriminator(self, node: Node) -> Node | None:
        """The schema whose discriminator holds for the descendants of a schema: this one, one inside its allOf, or one that
        it extends."""
        queue, seen = [node], set()
        while queue:
            current = queue.pop(0)
            if current.key in seen or not isinstance(current.value, dict):
                continue
            seen.add(current.key)
            if "oneOf" in current.value or "anyOf" in current.value:
                continue
            if get_discriminator(current) is not None:
                return current
            queue += [self.resolver.unwrap(m)[0] for m in list_subschemas(current, "allOf")]
            queue += self._list_bases(current) if "$ref" in current.value else ()
        return None

    def is_polymorphic(self, node: Node) -> bool:
        """Whether a value of a schema can be any of its descendants: it has a discriminator, and instead of listing its
        variants it is extended by them."""
        return (
            isinstance(node.value, dict)
            and not {"allOf", "discriminator", "$ref"}.isdisjoint(node.value)
            and "oneOf" not in node.value
            and "anyOf" not in node.value
            and bool(self.find_descendants(node))
            and self.find_discriminator(node) is not None
            and self._can_be_base(self.merger.merge((node,)))
        )

    def _can_be_base(self, merged: MergedSchema) -> bool:
        """Whether values of a schema are objects. One without properties has no class, but can be extended."""
        is_map = not merged.properties and not merged.unions and merged.values is None
        return merged.is_object() or (is_map and merged.infer_types() == {"object"})

    def make_union(self, key: Key, node: Node) -> Alias:
        """The union of a polymorphic schema and its descendants. Whatever the discriminator does not name is the schema
        itself."""
        owner = self.find_discriminator(node)
        assert owner is not None
        property_name = get_discriminator(owner)
        descendants = self.find_descendants(node)
        types = {node.key: node.key}
        for descendant in descendants:
            types[descendant.key] = descendant.key
            type_ = self._build_named(descendant)
            nested = self.find_discriminator(descendant)
            is_circle = any(d.key == node.key for d in self.find_descendants(descendant))
            if nested and get_discriminator(nested) != property_name and not is_circle:
                types[descendant.key] = (
                    type_.key
                )  # its own union, which chooses by the other property
        mapping = {
            v: k for v, k in self._read_mapping(owner).items() if k in types or owner == node
        }
        for schema in (node, *descendants):
            own = self.find_discriminator(schema)
            if own and own != owner and get_discriminator(own) == property_name:
                of_own = self._read_mapping(own).items()
                mapping = {v: k for v, k in of_own if k in types} | mapping
            if (value := self._get_declared_value(schema)) is not None:
                mapping.setdefault(value, schema.key)
        self.names[key] = {self.resolver.name(n): types[n.key] for n in (node, *descendants)}
        return Alias(
            key=key,
            pointer=node.pointer,
            parent=node.key,
            suggested_name="variant",
            title="",
            description=f"`{self.resolver.name(node)}` or a schema that extends it, selected by `{property_name}`.",
            deprecated=False,
            type=UnionType(tuple(TypeRef(k) for k in (*(d.key for d in descendants), node.key))),
            discriminator=property_name,
            mapping={v: types.get(k, k) for v, k in mapping.items()},
            default=self._read_default(owner) if owner == node else None,
        )

    def add_discriminator(self, alias: Alias, owner: Node) -> Alias:
        """An alias with the discriminator of its union, and the member that each of its values selects.

        A variant that is a reference is selected by the name of its schema, and by what `mapping` says (OpenAPI,
        Discriminator Object). Where it was merged with its siblings, that is the class for both.
        """
        classes: dict[Key, Key] = {}  # schema of a variant -> the class that it became
        names: dict[str, Key] = {}
        declared: dict[str, Key] = {}
        members = union_members(alias.type)
        for variant in (*list_subschemas(owner, "oneOf"), *list_subschemas(owner, "anyOf")):
            if get_keyword(variant, "$ref") is None:
                continue
            key = self.resolver.resolved_key(variant)
            type_ = self.build((variant,), alias.key, "")
            alone = next((m.key for m in union_members(type_) if isinstance(m, TypeRef)), key)
            target, _ = self.resolver.unwrap(variant)
            class_ = self.variant_classes.get((alias.key, key), alone)
            classes[key] = classes[target.key] = class_
            if TypeRef(class_) in members:
                schema = Node(key.file, key.pointer, target.value)
                names.setdefault(self.resolver.name(schema), class_)
                if (value := self._get_declared_value(target)) is not None:
                    declared.setdefault(value, class_)
        mapping = {
            value: classes.get(key, key)
            for value, key in self._read_mapping(owner).items()
            if key not in classes or TypeRef(classes[key]) in members
        }
        self.names[alias.key] = names
        default = self._read_default(owner)
        return evolve(
            alias,
            discriminator=get_discriminator(owner),
            mapping=declared | mapping,
            default=classes.get(default, default) if default else None,
        )

    def finish(self, named: dict[Key, ObjectType | Alias]) -> dict[Key, ObjectType | Alias]:
        """What changes in the named types when all of them are known: the values of discriminators that the members of
        unions declare, and the value that each class is selected by."""
        return add_tags(named, self.names)

    def _build_named(self, node: Node) -> TypeRef:
        """The type of a schema where something refers to it."""
        # Not inside of the schema: its `$id` would be the base.
        reference = Node(node.file, "/discriminator", {"$ref": f"#{node.pointer}"})
        type_ = self.build((reference,), None, "")
        named = (m for m in union_members(type_) if isinstance(m, TypeRef))
        return next(named, TypeRef(node.key))

    def _get_declared_value(self, node: Node) -> str | None:
        """The value that a schema says it is selected by (an extension of AutoRest, mostly in Swagger 2.0)."""
        value = get_keyword(node, "x-ms-discriminator-value")
        return value if isinstance(value, str) else None

    def _read_default(self, owner: Node) -> Key | None:
        """The schema for values that the mapping does not have (`defaultMapping`, OpenAPI 3.2)."""
        value = owner.value["discriminator"]
        target = value.get("defaultMapping") if isinstance(value, dict) else None
        if not isinstance(target, str):
            return None
        node = self._find_mapped(
            owner, target, "the default of the discriminator", "defaultMapping"
        )
        return None if node is None else self._build_named(node).key

    def _read_mapping(self, owner: Node) -> dict[str, Key]:
        """The schema for each value in the `mapping` of a schema's discriminator. An entry that leads nowhere is reported
        and left out."""
        keys: dict[str, Key] = {}
        for value, node in self._list_mapped(owner):
            keys[value] = node.key
            # The mapping can be the only place where a schema is named; it needs a type, too.
            self._build_named(node)
        return keys

    def _list_mapped(self, owner: Node) -> Iterator[tuple[str, Node]]:
        discriminator = owner.value["discriminator"]
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        for value, target in (mapping if isinstance(mapping, dict) else {}).items():
            if isinstance(target, str):
                text = str(value).lower() if isinstance(value, bool) else str(value)
                message = f"discriminator value {value!r}"
                node = self._find_mapped(owner, target, message, "mapping", str(value))
                if node is not None:
                    yield text, node

    def _find_mapped(self, owner: Node, target: str, what: str, *path: str) -> Node | None:
        """The schema that a mapping names; None where there is none, which is reported."""
        # A name or a URI, and nothing tells which: a component's name goes first.
        if target in self.resolver.by_name:
            file, pointer, _ = self.resolver.by_name[target]
            target = f"#{pointer}"
            owner = Node(file, owner.pointer, owner.value)
        try:
            node = self.resolver.references.resolve_once(owner, target)
            return self.resolver.unwrap(node)[0]
        except InputError as error:
            pointer = owner.child("discriminator").pointer
            self.resolver.warn(
                owner,
                f"{what} is mapped to an unknown schema: {error.message}",
                "mapping entry ignored",
                Repair("/".join([pointer, *(escaped(p) for p in path)])),
            )
            return None
