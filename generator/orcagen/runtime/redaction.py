"""Keeps credentials that are sent in the query out of the HTTP library's log."""

from __future__ import annotations

import logging
import re
from typing import Any


class RedactingFilter(logging.Filter):
    """Replaces the values of query parameters in log records."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        self.pattern = re.compile(
            rf"([?&](?:{'|'.join(map(re.escape, names))})=)[^&#]+"
        )

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._redact(a) for a in record.args)
        return True

    def _redact(self, value: object) -> object:
        text = self.pattern.sub(r"\1...", str(value))
        return value if text == str(value) else text


def redact_log(library: Any, names: tuple[str, ...]) -> None:
    """Redact these query parameters in the library's log; no-op if that is already so."""
    logger = logging.getLogger(library.__name__)
    filters = (f for f in logger.filters if isinstance(f, RedactingFilter))
    if all(f.names != names for f in filters):
        logger.addFilter(RedactingFilter(names))
