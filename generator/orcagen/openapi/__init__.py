"""Stage 2: a Source to a Document: every version of OpenAPI in one normal form. Whatever is wrong is reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orcagen.diagnostics import Diagnostics
from orcagen.openapi.filters import OperationFilter, filter_operations
from orcagen.openapi.model import (
    Document,
    FollowUp,
    Key,
    LongRunning,
    MediaType,
    Node,
    Operation,
    Parameter,
    SecurityRequirement,
    SecurityScheme,
    Server,
    WebhookSignature,
)
from orcagen.openapi.reader import Reader, read_version
from orcagen.openapi.reader_v2 import ReaderV2
from orcagen.openapi.reader_v3 import ReaderV3
from orcagen.openapi.references import References
from orcagen.source.loader import Source

__all__ = [
    "Document",
    "FollowUp",
    "Key",
    "LongRunning",
    "MediaType",
    "Node",
    "Operation",
    "OperationFilter",
    "Parameter",
    "References",
    "SecurityRequirement",
    "SecurityScheme",
    "Server",
    "WebhookSignature",
    "filter_operations",
    "read",
]


def read(
    source: Source, diagnostics: Diagnostics, long_running: Mapping[str, Any] | None = None
) -> tuple[Document, References]:
    """Reads the document at the root of a source; `long_running` is the setting of that name. Raises InputError if it is not an OpenAPI document."""
    references = References(source, diagnostics)
    version = read_version(references)
    reader: Reader = (ReaderV2 if version == "2.0" else ReaderV3)(
        references, version, long_running or {}
    )
    return reader.read(), references
