"""Keeps credentials that are sent in the query out of the HTTP library's log."""

from __future__ import annotations

import logging
import re

from .parameters import percent_encode


class RedactingFilter(logging.Filter):
    """Replaces the values of query parameters in log records."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        self.pattern = re.compile(
            rf"([?&](?:{'|'.join(re.escape(percent_encode(n)) for n in names)})=)[^&#]+"
        )

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._redact(a) for a in record.args)
        return True

    def _redact(self, value: object) -> object:
        text = self.pattern.sub(r"\1...", str(value))
        return value if text == str(value) else text


def redact_log(*names: str) -> None:
    """Redact these query parameters in the HTTP library's log; no-op if that is already so."""
    for library in ("httpx", "httpx2"):
        logger = logging.getLogger(library)
        filters = (f for f in logger.filters if isinstance(f, RedactingFilter))
        if all(f.names != names for f in filters):
            logger.addFilter(RedactingFilter(names))
