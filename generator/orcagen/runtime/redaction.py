"""Credentials that stand in a query are kept out of the HTTP library's log."""

from __future__ import annotations

import logging
import re
from typing import Any


class Hidden(logging.Filter):
    """Takes the values of query parameters out of what the library logs."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._without(a) for a in record.args)
        return True

    def _without(self, value: object) -> object:
        text = str(value)
        for name in self.names:
            text = re.sub(rf"(?<=[?&]{re.escape(name)}=)[^&#]+", "...", text)
        return value if text == str(value) else text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and other.names == self.names

    def __hash__(self) -> int:
        return hash(self.names)


def hide_in_logs(httpx: Any, names: tuple[str, ...]) -> None:
    """Has the library log no value of these query parameters: they are credentials."""
    logger = logging.getLogger(httpx.__name__)
    if names and Hidden(names) not in logger.filters:
        logger.addFilter(Hidden(names))
