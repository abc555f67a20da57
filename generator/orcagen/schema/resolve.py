"""Following the references of schemas. Only this module of the stage resolves a `$ref`, which may load another file."""

from __future__ import annotations

from attrs import define, field

from orcagen.diagnostics import Repair
from orcagen.openapi import Document, Key, Node, References
from orcagen.schema.keywords import (
    ANNOTATIONS,
    REFERENCES,
    find_sole_reference,
    get_keyword,
    get_reference,
    read_types,
)


@define
class SchemaResolver:
    """Resolves the references between schemas of one document, and reports what is wrong with a schema.

    `components` are the keys of the document's component schemas, `by_name` the same by name.
    """

    document: Document
    references: References
    by_name: dict[str, Key] = field(init=False)
    components: set[Key] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.by_name = {n.name: n.key for n in self.document.schemas}
        self.components = set(self.by_name.values())

    @property
    def ignores_ref_siblings(self) -> bool:
        """Up to OpenAPI 3.0, whatever stands beside `$ref` is ignored (Reference Object); from 3.1 on it counts (JSON
        Schema Core 8.2.3.1)."""
        return self.document.openapi_version in ("2.0", "3.0")

    def resolved_key(self, node: Node) -> Key:
        """The key of a schema or, for a reference, of the schema that it names."""
        reference = get_keyword(node, "$ref")
        if isinstance(reference, str):
            node = self.references.resolve_once(node, reference)
        return node.key

    def is_named(self, key: Key) -> bool:
        """Whether a schema is a component, or a whole file or a component of another file: not a part of what is around
        it."""
        if key.file == self.references.source.root:
            return key in self.components
        return key.pointer.rpartition("/")[0] in ("", "/components/schemas", "/definitions")

    def unwrap(self, node: Node) -> tuple[Node, bool]:
        """Follows references, and inline wrappers that only annotate one, to the end. Returns the schema there and whether
        one on the way allowed null. Raises InputError where references lead nowhere or to each other only."""
        nullable, seen = False, []
        while isinstance(node.value, dict):
            value, key = node.value, node.key
            if key in seen:
                others = {k: v for k, v in value.items() if k not in REFERENCES}
                if not others:
                    raise self.references.error(
                        node, "the schema is only a circular reference; break the circle"
                    )
                self.warn(node, "circular reference from a schema to itself", "reference ignored")
                return Node(node.file, node.pointer, others), nullable
            seen.append(key)
            reference = get_reference(value)
            if isinstance(reference, str):
                if not self.ignores_ref_siblings and value.keys() - ANNOTATIONS - REFERENCES:
                    return node, nullable
                nullable = nullable or value.get("nullable") is True
                node = self.references.resolve_once(node, reference)
            elif not self.is_named(key) and (inner := find_sole_reference(node)):
                nullable = nullable or value.get("nullable") is True or "null" in read_types(value)
                node = inner
            else:
                break
        return node, nullable

    def warn(self, node: Node, message: str, action: str, *repairs: Repair) -> None:
        """Reports what is wrong with a schema and what was done about it."""
        self.references.warn(node, message, action, *repairs)
