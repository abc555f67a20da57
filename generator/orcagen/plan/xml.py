"""Which bodies are XML documents of models."""

from __future__ import annotations

from orcagen import schema
from orcagen.plan.schemas import expand
from orcagen.schema import ANY, LiteralType, MapType, TypeGraph
from orcagen.schema.model import BYTES, NONE, STR, UPLOAD


def describes_xml(graph: TypeGraph, type_: schema.Type) -> bool:
    """Whether a schema says what is in a document: one of strings, or of any value, stands for the text of the document."""
    leaves = [leaf for leaf in expand(graph, type_) if leaf != NONE]
    raw = (ANY, BYTES, STR, UPLOAD, MapType(ANY))
    return bool(leaves) and not any(leaf in raw or isinstance(leaf, LiteralType) for leaf in leaves)
