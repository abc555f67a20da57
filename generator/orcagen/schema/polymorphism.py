"""Polymorphism of OpenAPI: schemas that extend others by allOf, and discriminators that select one by a property's value.

See the Discriminator Object and "Composition and Inheritance (Polymorphism)" under the Schema Object.
"""

from __future__ import annotations

from attrs import define, evolve

from orcagen.diagnostics import InputError, Repair
from orcagen.openapi import Key, Node
from orcagen.pointers import tokens
from orcagen.schema.keywords import get_keyword, list_subschemas
from orcagen.schema.merge import SchemaMerger
from orcagen.schema.model import Alias, BuildType, TypeRef, UnionType, union_members
from orcagen.schema.resolve import SchemaResolver


@define
class Polymorphism:
    """Knows which components extend which, and which schema a value of a discriminator selects."""

    resolver: SchemaResolver
    merger: SchemaMerger
    _descendants: dict[Key, list[Node]] | None = None

    def find_descendants(self, key: Key) -> list[Node]:
        """The components that extend a component by allOf, directly or through others."""
        if self._descendants is None:
            self._descendants = self._collect_descendants()
        return self._descendants.get(key, [])

    def is_descendant(self, node: Node, base: Node) -> bool:
        """Whether a schema, or the one that it refers to, extends `base`."""
        key = self.resolver.resolved_key(node)
        return any(d.key == key for d in self.find_descendants(base.key))

    def is_polymorphic(self, node: Node) -> bool:
        """Whether a value of a schema can be any of its descendants: it has a discriminator, and instead of listing its
        variants it is extended by them."""
        discriminator = get_keyword(node, "discriminator")
        return (
            isinstance(discriminator, dict)
            and isinstance(discriminator.get("propertyName"), str)
            and "oneOf" not in node.value
            and "anyOf" not in node.value
            and bool(self.find_descendants(node.key))
            and self.merger.merge((node,)).is_object()
        )

    def make_union(self, key: Key, node: Node, build: BuildType) -> Alias:
        """The union of a polymorphic schema and its descendants, by their names and its `mapping`."""
        property_name = node.value["discriminator"]["propertyName"]
        keys = {d.name: d.key for d in self.find_descendants(node.key)}
        return Alias(
            key=key,
            pointer=node.pointer,
            parent=node.key,
            suggested_name="variant",
            title="",
            description=f"`{node.name}` or a schema that extends it, selected by `{property_name}`.",
            deprecated=False,
            type=UnionType(tuple(TypeRef(k) for k in (*keys.values(), node.key))),
            discriminator=property_name,
            mapping={node.name: node.key, **keys, **self._read_mapping(node, build)},
        )

    def add_discriminator(
        self,
        alias: Alias,
        owner: Node,
        variant_classes: dict[tuple[Key, Key], Key],
        build: BuildType,
    ) -> Alias:
        """An alias with the discriminator of its union, and the member that each of its values selects.

        A variant that is a reference is selected by the name of its schema, and by what `mapping` says (OpenAPI,
        Discriminator Object). Where it was merged with its siblings, that is the class for both.
        """
        classes: dict[Key, Key] = {}  # schema of a variant -> the class that it became
        for variant in (*list_subschemas(owner, "oneOf"), *list_subschemas(owner, "anyOf")):
            if get_keyword(variant, "$ref") is not None:
                key = self.resolver.resolved_key(variant)
                type_ = build((variant,), alias.key, "")
                alone = next((m.key for m in union_members(type_) if isinstance(m, TypeRef)), key)
                classes[key] = variant_classes.get((alias.key, key), alone)
        schemas: dict[str, Key] = {}
        for key in classes:
            schemas.setdefault(tokens(key.pointer)[-1], key)
        schemas |= self._read_mapping(owner, build)
        members = union_members(alias.type)
        mapping = {
            value: classes.get(key, key)
            for value, key in schemas.items()
            if key not in classes or TypeRef(classes[key]) in members
        }
        property_name = owner.value["discriminator"]["propertyName"]
        return evolve(alias, discriminator=property_name, mapping=mapping)

    def _read_mapping(self, owner: Node, build: BuildType) -> dict[str, Key]:
        """The schema for each value in the `mapping` of a schema's discriminator. An entry that leads nowhere is reported
        and left out."""
        keys: dict[str, Key] = {}
        mapping = owner.value["discriminator"].get("mapping")
        for value, target in (mapping if isinstance(mapping, dict) else {}).items():
            if not isinstance(target, str):
                continue
            # A name or a URI, and nothing tells which: a component's name goes first.
            if target in self.resolver.by_name:
                keys[str(value)] = self.resolver.by_name[target]
                continue
            try:
                keys[str(value)] = self.resolver.resolve_once(owner, target).key
            except InputError as error:
                self.resolver.warn(
                    owner,
                    f"discriminator value {value!r} is mapped to an unknown schema: {error.message}",
                    "mapping entry ignored",
                    Repair(owner.child("discriminator", "mapping", value).pointer),
                )
                continue
            # The mapping can be the only place where a schema is named; it needs a type, too.
            reference = Node(owner.file, owner.pointer + "/discriminator", {"$ref": target})
            build((reference,), None, "")
        return keys

    def _collect_descendants(self) -> dict[Key, list[Node]]:
        children: dict[Key, list[Node]] = {}
        for node in self.resolver.document.schemas:
            for member in list_subschemas(node, "allOf") if isinstance(node.value, dict) else []:
                if isinstance(get_keyword(member, "$ref"), str):
                    base = self.resolver.unwrap(member)[0]
                    children.setdefault(base.key, []).append(node)
        out = {}
        for key in children:
            descendants: dict[Key, Node] = {}
            queue = list(children[key])
            while queue:
                node = queue.pop(0)
                if node.key not in descendants and node.key != key:
                    descendants[node.key] = node
                    queue += children.get(node.key, [])
            out[key] = list(descendants.values())
        return out
