"""Polymorphism of OpenAPI: schemas that extend others by allOf, and discriminators that select one by a property's value.

See the Discriminator Object and "Composition and Inheritance (Polymorphism)" under the Schema Object.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

from attrs import define, evolve, field

from orcagen.diagnostics import InputError, Repair
from orcagen.openapi import Key, Node
from orcagen.pointers import tokens
from orcagen.schema.keywords import get_discriminator, get_keyword, list_subschemas
from orcagen.schema.merge import SchemaMerger
from orcagen.schema.model import Alias, Type, TypeRef, UnionType, union_members
from orcagen.schema.resolve import SchemaResolver

BuildType: TypeAlias = Callable[[tuple[Node, ...], Key | None, str], Type]


@define
class Polymorphism:
    """Knows which components extend which, and which schema a value of a discriminator selects.

    `build` makes the type of the schemas that apply to one value, by the parent and the suggested name of a type that has no
    name of its own (see `Definition`). `variant_classes` has, by the key of an alias and of the schema of a variant, the
    class for that variant merged with what is beside the union.
    """

    resolver: SchemaResolver
    merger: SchemaMerger
    build: BuildType
    variant_classes: dict[tuple[Key, Key], Key] = field(factory=dict)

    def find_descendants(self, key: Key) -> list[Node]:
        """The components that extend a component by allOf, directly or through others."""
        descendants: dict[Key, Node] = {}
        queue = list(self._extensions.get(key, ()))
        while queue:
            node = queue.pop(0)
            if node.key not in descendants and node.key != key:
                descendants[node.key] = node
                queue += self._extensions.get(node.key, ())
        return list(descendants.values())

    def is_descendant(self, node: Node, base: Node) -> bool:
        """Whether a schema, or the one that it refers to, extends `base`."""
        key = self.resolver.resolved_key(node)
        return any(d.key == key for d in self.find_descendants(base.key))

    def is_polymorphic(self, node: Node) -> bool:
        """Whether a value of a schema can be any of its descendants: it has a discriminator, and instead of listing its
        variants it is extended by them."""
        return (
            get_discriminator(node) is not None
            and "oneOf" not in node.value
            and "anyOf" not in node.value
            and bool(self.find_descendants(node.key))
            and self.merger.merge((node,)).is_object()
        )

    def make_union(self, key: Key, node: Node) -> Alias:
        """The union of a polymorphic schema and its descendants, by their names and its `mapping`."""
        property_name = get_discriminator(node)
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
            mapping={node.name: node.key, **keys, **self._read_mapping(node)},
        )

    def add_discriminator(self, alias: Alias, owner: Node) -> Alias:
        """An alias with the discriminator of its union, and the member that each of its values selects.

        A variant that is a reference is selected by the name of its schema, and by what `mapping` says (OpenAPI,
        Discriminator Object). Where it was merged with its siblings, that is the class for both.
        """
        classes: dict[Key, Key] = {}  # schema of a variant -> the class that it became
        for variant in (*list_subschemas(owner, "oneOf"), *list_subschemas(owner, "anyOf")):
            if get_keyword(variant, "$ref") is not None:
                key = self.resolver.resolved_key(variant)
                type_ = self.build((variant,), alias.key, "")
                alone = next((m.key for m in union_members(type_) if isinstance(m, TypeRef)), key)
                classes[key] = self.variant_classes.get((alias.key, key), alone)
        schemas: dict[str, Key] = {}
        for key in classes:
            schemas.setdefault(tokens(key.pointer)[-1], key)
        schemas |= self._read_mapping(owner)
        members = union_members(alias.type)
        mapping = {
            value: classes.get(key, key)
            for value, key in schemas.items()
            if key not in classes or TypeRef(classes[key]) in members
        }
        return evolve(alias, discriminator=get_discriminator(owner), mapping=mapping)

    def _read_mapping(self, owner: Node) -> dict[str, Key]:
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
                keys[str(value)] = self.resolver.references.resolve_once(owner, target).key
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
            self.build((reference,), None, "")
        return keys

    @cached_property
    def _extensions(self) -> dict[Key, list[Node]]:
        """The components that extend a schema directly, by its key."""
        extensions: dict[Key, list[Node]] = {}
        for node in self.resolver.document.schemas:
            for member in list_subschemas(node, "allOf"):
                if isinstance(get_keyword(member, "$ref"), str):
                    base = self.resolver.unwrap(member)[0]
                    extensions.setdefault(base.key, []).append(node)
        return extensions
