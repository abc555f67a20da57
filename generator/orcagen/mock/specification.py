"""Documents as servers use them, read once for each process: test suites start hundreds of servers."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

from attrs import define, field

from orcagen.config import Config
from orcagen.diagnostics import Diagnostic
from orcagen.mock.recording import RecordedRequest
from orcagen.mock.resources import Place, find_resources
from orcagen.mock.routing import Router, find_base_path
from orcagen.mock.validation import Problems, RequestValidator, has_credentials
from orcagen.openapi import Document, Operation, References
from orcagen.reading import Permissions, read_document

_MAX_KEPT = 16


@define(eq=False)
class Specification:
    """A document, and what is made of it alone; nothing here depends on a server or its state."""

    document: Document
    references: References
    diagnostics: tuple[Diagnostic, ...]
    base_path: str = field(init=False)
    router: Router = field(init=False)
    places: dict[str, Place] = field(init=False)
    """What operations do with collections, by their pointers."""
    lock: threading.RLock = field(factory=threading.RLock, init=False, repr=False)
    """Held while references are resolved: each server has a thread of its own."""
    _validators: dict[str, RequestValidator] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.base_path = find_base_path(self.document.servers)
        self.router = Router.build(self.document)
        self.places = find_resources(self.document, self.references)

    @property
    def path(self) -> str:
        """The absolute path of the document, or its URL."""
        return self.references.source.root

    @property
    def content(self) -> Any:
        """The document as it was parsed."""
        return self.references.root().value

    def operations(self) -> tuple[Operation, ...]:
        """All operations, in the order of the document."""
        return self.document.operations

    def find_problems(
        self,
        operation: Operation,
        request: RecordedRequest,
        path_parameters: dict[str, str],
        *,
        is_malformed: bool = False,
    ) -> Problems:
        """Whether a request fits an operation: see `RequestValidator`."""
        with self.lock:
            validator = self._validators.get(operation.pointer)
            if validator is None:
                validator = RequestValidator(operation, self.references)
                self._validators[operation.pointer] = validator
            return validator.find_problems(request, path_parameters, is_malformed=is_malformed)

    def has_credentials(self, operation: Operation, request: RecordedRequest) -> bool:
        """Whether a request has the credentials that an operation wants, whatever their values are."""
        return has_credentials(self.document, operation, request)

    @property
    def is_current(self) -> bool:
        """Whether the files that were read still have the same content."""
        source = self.references.source
        return not source.missing and all(
            _digest(uri) == file.digest for uri, file in source.files.items()
        )


_kept: dict[tuple[str, str], Specification] = {}


def load_specification(
    spec: str, config: Config | None = None, permissions: Permissions | None = None
) -> Specification:
    """The document at a path or a URL. One whose files have not changed is not read again. Raises InputError."""
    config = config or Config()
    key = (str(Path(spec).resolve()), repr((config, permissions)))
    kept = _kept.get(key)
    if kept is not None and kept.is_current:
        return kept
    made = Specification(*read_document(spec, config, permissions))
    if Path(spec).is_file():
        while len(_kept) >= _MAX_KEPT:
            del _kept[next(iter(_kept))]
        _kept[key] = made
    return made


def _digest(uri: str) -> str:
    try:
        return hashlib.sha256(Path(uri).read_bytes()).hexdigest()
    except OSError:  # that of a URL is not known
        return ""
