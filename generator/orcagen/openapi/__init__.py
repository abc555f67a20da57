"""Stage 2: a Source to a Document: every version of OpenAPI in one normal form, repairs noted."""

from __future__ import annotations

from orcagen.diagnostics import Diagnostics
from orcagen.openapi.filters import OperationFilter, filter_operations
from orcagen.openapi.model import (
    Body,
    Document,
    Encoding,
    Header,
    Key,
    MediaType,
    Node,
    Operation,
    Parameter,
    Response,
    SecurityScheme,
    Server,
)
from orcagen.openapi.reader import Reader
from orcagen.openapi.references import References
from orcagen.source.loader import Source

__all__ = [
    "Body",
    "Document",
    "Encoding",
    "Header",
    "Key",
    "MediaType",
    "Node",
    "Operation",
    "OperationFilter",
    "Parameter",
    "References",
    "Response",
    "SecurityScheme",
    "Server",
    "filter_operations",
    "read",
]


def read(source: Source, found: Diagnostics) -> tuple[Document, References]:
    """Reads the document at the root of a source. Raises InputError where it is no OpenAPI document."""
    references = References(source, found)
    return Reader(references).read(), references
