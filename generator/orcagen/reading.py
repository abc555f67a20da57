"""Reads a document: its files, its overlays, and the operations that the settings select. The first two stages together."""

from __future__ import annotations

from attrs import frozen

from orcagen.config import Config
from orcagen.diagnostics import Diagnostic, Diagnostics
from orcagen.openapi import Document, OperationFilter, References, filter_operations, read
from orcagen.source import overlay
from orcagen.source.loader import MAX_BYTES, Source, load


@frozen
class Permissions:
    """What may be read: other hosts and files outside the document's folder, where references lead there; files of at most
    `max_bytes`."""

    remote: bool = False
    outside: bool = False
    max_bytes: int = MAX_BYTES


def read_document(
    spec: str, config: Config | None = None, permissions: Permissions | None = None
) -> tuple[Document, References, tuple[Diagnostic, ...]]:
    """The normal form of a document, with what was reported about it. Raises InputError if it cannot be read."""
    config = config or Config()
    source, diagnostics = load_source(spec, config, permissions or Permissions())
    document, references = read_source(source, config, diagnostics)
    return document, references, diagnostics.collect()


def load_source(spec: str, config: Config, permissions: Permissions) -> tuple[Source, Diagnostics]:
    """The document with its overlays applied, and where all stages report what is wrong with it."""
    source = load(
        spec,
        allow_remote=permissions.remote,
        allow_outside=permissions.outside,
        max_bytes=permissions.max_bytes,
    )
    diagnostics = Diagnostics(source.find_lines)
    for path in config.overlays:
        overlay.apply_file(source, path, diagnostics)
    return source, diagnostics


def read_source(
    source: Source, config: Config, diagnostics: Diagnostics
) -> tuple[Document, References]:
    """The document with the operations that the settings select."""
    document, references = read(source, diagnostics, config.long_running)
    include, exclude = OperationFilter.of(config.include), OperationFilter.of(config.exclude)
    return filter_operations(document, include, exclude), references
