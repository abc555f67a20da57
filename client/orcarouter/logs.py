"""Logging: what this package says, and what the HTTP library says of it.

This package logs to the logger `orcarouter`: one line per change of a task at INFO, what went wrong and was survived
at WARNING; never a key, never a signed URL. The HTTP library logs every request with its whole URL at INFO: a client
puts a filter on its logger that takes the query strings out.
"""

from __future__ import annotations

import logging

from orcarouter.redaction import redacted

__all__ = ["redact_http_logs"]


# A filter does not reach the loggers below its own.
_LOGGERS = ["httpx", "httpx2"] + [
    f"{library}.{part}"
    for library in ("httpcore", "httpcore2")
    for part in ("connection", "http11", "http2", "proxy", "socks")
]


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), ()
        return True


_FILTER = _Redacting()


def redact_http_logs() -> None:
    """Take query strings and keys out of what the HTTP libraries log. Harmless when done twice."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
