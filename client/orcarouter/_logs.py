"""Redaction of the HTTP library's logs.

This package logs to the logger `orcarouter`: each status change of a task at INFO, recoverable
problems at WARNING; never an API key or a signed URL. httpx and httpcore, however, log every request
with its full URL. A client therefore adds a filter to their loggers that removes query strings. The
generated client's records go where this package's go, but for those of retries, which this package
logs itself.
"""

from __future__ import annotations

import logging

from orcarouter._redaction import redact

__all__ = ["redact_http_logs"]


# A logger's filter does not apply to records of its child loggers, so each one is listed.
_LOGGERS = ["httpx", "httpx2", "orcarouter_api"] + [
    f"{library}.{part}"
    for library in ("httpcore", "httpcore2")
    for part in ("connection", "http11", "http2", "proxy", "socks")
]


class _RedactingFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return record.module != "retries"


# One instance: addFilter() ignores a filter that is already there.
_FILTER = _RedactingFilter()


def redact_http_logs() -> None:
    """Remove query strings and keys from the HTTP libraries' log records. Idempotent."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
    logging.getLogger("orcarouter_api").parent = logging.getLogger("orcarouter")
