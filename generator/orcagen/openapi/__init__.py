"""Stage 2: a Source to a Document: every version of OpenAPI in one normal form, repairs noted."""

from __future__ import annotations

from orcagen.diagnostics import Diagnostics
from orcagen.openapi.filters import Choice, narrow
from orcagen.openapi.model import (
    Body,
    Content,
    Document,
    Encoding,
    Header,
    Node,
    Operation,
    Parameter,
    Response,
    Scheme,
    Server,
)
from orcagen.openapi.reader import Reader
from orcagen.openapi.references import References
from orcagen.source.loader import Source

__all__ = [
    "Body",
    "Choice",
    "Content",
    "Document",
    "Encoding",
    "Header",
    "Node",
    "Operation",
    "Parameter",
    "References",
    "Response",
    "Scheme",
    "Server",
    "narrow",
    "read",
]


def read(source: Source, found: Diagnostics) -> tuple[Document, References]:
    """Reads the document at the root of a source. Raises InputError where it is no OpenAPI document."""
    references = References(source, found)
    return Reader(references).read(), references
