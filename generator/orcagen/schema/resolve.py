"""Following the references of schemas. Only this module of the stage resolves a `$ref`, which may load another file."""

from __future__ import annotations

from urllib.parse import quote

from attrs import define, field

from orcagen.diagnostics import Repair
from orcagen.openapi import Document, Key, Node, References
from orcagen.openapi.references import (
    RefusedReferenceError,
    UnresolvedReferenceError,
    name_file,
)
from orcagen.schema.keywords import (
    ANNOTATIONS,
    REFERENCES,
    find_sole_reference,
    get_keyword,
    get_reference,
    read_types,
)
from orcagen.schema.suggested_names import find_enclosing_schema

_FOLLOWED = (*REFERENCES, "allOf")  # what `unwrap` may follow


@define
class SchemaResolver:
    """Resolves the references between schemas of one document, and reports what is wrong with a schema.

    `components` are the names of the document's component schemas by their keys, `by_name` the keys by name.
    """

    document: Document
    references: References
    by_name: dict[str, Key] = field(init=False)
    components: dict[Key, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.by_name = {n.name: n.key for n in self.document.schemas}
        self.components = {n.key: n.name for n in self.document.schemas}

    @property
    def root(self) -> str:
        """The document's own file."""
        return self.document.root.file

    def find(self, file: str, pointer: str) -> Node:
        """The value at a pointer that exists, in a file that was read."""
        reference = f"#{quote(pointer, safe='/~')}"
        return self.references.resolve_once(Node(file, "", None), reference)

    @property
    def ignores_ref_siblings(self) -> bool:
        """Up to OpenAPI 3.0, whatever stands beside `$ref` is ignored (Reference Object); from 3.1 on it counts (JSON
        Schema Core 8.2.3.1)."""
        return self.document.openapi_version in ("2.0", "3.0")

    def resolved_key(self, node: Node) -> Key:
        """The key of a schema or, for a reference, of the schema that it names."""
        if isinstance(get_keyword(node, "$ref"), str):
            node = self.follow(node)
        return node.key

    def follow(self, node: Node) -> Node:
        """The schema that a reference names, in one step. One that leads nowhere is reported, and allows any value.

        Raises InputError for a file that may not be read, or cannot be.
        """
        value = node.value
        try:
            if isinstance(value.get("$ref"), str):
                target = self.references.resolve_once(node, value["$ref"])
                if not target.pointer and target.file == self.document.root.file:
                    message = (
                        f"reference {value['$ref']!r} names the OpenAPI document, not a schema"
                    )
                    raise self.references.error(node, message)
                return target
            return self.references.resolve_dynamic(node, get_reference(value))
        except RefusedReferenceError:
            raise
        except UnresolvedReferenceError as error:
            self.warn(node, error.reason, "treated as any")
            return node.with_value({})

    def is_named(self, key: Key) -> bool:
        """Whether a schema is a component, or a whole file or a component of another file: not a part of what is around
        it."""
        if key in self.components:
            return True
        return key.file != self.root and find_enclosing_schema(key.pointer) == key.pointer

    def name(self, node: Node) -> str:
        """The name of a schema: of the component that it is, else the one that it has in its file, or that of the file."""
        return self.components.get(node.key) or node.name or name_file(node.file, self.root)

    def unwrap(self, node: Node) -> tuple[Node, bool]:
        """Follows references, and inline wrappers that only annotate one, to the end. Returns the schema there and whether
        one on the way allowed null. A circle of references is reported, and its schema allows any value.

        A reference to a schema whose `$dynamicRef`s mean something else there is not followed: it stands for a schema of
        its own, to be merged with what is beside the reference.
        """
        if not isinstance(node.value, dict) or node.value.keys().isdisjoint(_FOLLOWED):
            return node, False
        nullable, seen = False, []
        while isinstance(node.value, dict):
            value, key = node.value, node.key
            if key in seen:
                others = {k: v for k, v in value.items() if k not in REFERENCES}
                action = "reference ignored" if others else "treated as any"
                self.warn(node, "circular reference from a schema to itself", action)
                return node.with_value(others), nullable
            seen.append(key)
            reference = get_reference(value)
            if isinstance(reference, str):
                if not self.ignores_ref_siblings and value.keys() - ANNOTATIONS - REFERENCES:
                    return node, nullable
                target = self.follow(node)
                if target.scope:
                    return node, nullable
                nullable = nullable or value.get("nullable") is True
                if target.key == key and not target.value:  # it leads nowhere
                    return target, nullable
                node = target
            elif not self.is_named(key) and (inner := find_sole_reference(node)):
                nullable = nullable or value.get("nullable") is True or "null" in read_types(value)
                node = inner
            else:
                break
        return node, nullable

    def warn(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        """Reports what is wrong with a schema and what was done about it."""
        self.references.warn(node, message, action, *repairs)
