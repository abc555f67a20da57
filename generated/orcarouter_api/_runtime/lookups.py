"""What a response means that does not tell the state of the task. Nothing here does I/O."""

from __future__ import annotations

import math
from typing import Any

from attrs import frozen

from .errors import (
    APIError,
    ConnectError,
    DecodingError,
    HTTPStatusError,
    TransportError,
)
from .long_running import LongRunning, ResponseReader

# Rejections of a lookup that repeating it will not change. Any other status may be temporary.
PERMANENT_STATUSES = frozenset((400, 401, 402, 403, 404, 405, 410, 422))
# After these statuses a request may have taken effect: proxies send them when they give up waiting.
_AMBIGUOUS_STATUSES = (408, 499)
# A rejection that is not JSON may come from a proxy or a captive portal: it counts after so many in a row.
_MOST_REJECTIONS = 3
_MOST_FOREIGN = 10  # responses about another task in a row
_LEAST_MISSING = (
    4  # responses in a row that there is no such task, over so many seconds
)
_LEAST_MISSING_TIME = 30.0
# Causes of a ConnectError that remain, beside those of `retries`.
_PERMANENT_CAUSES = (
    "InvalidURL",
    "UnsupportedProtocol",
    "SSLCertVerificationError",
)


@frozen(kw_only=True)
class Failure:
    """A lookup that did not tell the state of the task.

    Attributes:
        error: Why.
        summary: The same in short, without request ids, which differ each time.
        is_permanent: Whether repeating the lookup is pointless.
        is_rejection: Whether something rejects it, which may not be the service.
        is_missing: Whether the response says, whoever sent it, that there is no such task.
        is_foreign: Whether it is about another task.
        is_rate_limit: Whether all lookups should pause.
        retry_after: Seconds until the next one, if the response says so.
    """

    error: Exception
    summary: str = ""
    is_permanent: bool = False
    is_rejection: bool = False
    is_missing: bool = False
    is_foreign: bool = False
    is_rate_limit: bool = False
    retry_after: float | None = None

    @property
    def text(self) -> str:
        """`summary`, or that of the error."""
        return self.summary or str(self.error)


class FailuresInARow:
    """Decides when a wait has had enough of lookups that fail."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """After a lookup with the state."""
        self.number = self._rejections = self._foreign = 0
        self._missing: list[float] = []

    def add(self, failure: Failure, time: float, *, is_fresh: bool) -> bool:
        """Whether it ends the wait. `time` is in seconds; `is_fresh`: the task was started a moment ago."""
        self.number += 1
        self._rejections = self._rejections + 1 if failure.is_rejection else 0
        self._foreign = self._foreign + 1 if failure.is_foreign else 0
        is_final = failure.is_permanent or self._rejections >= _MOST_REJECTIONS
        if not failure.is_missing:
            self._missing.clear()
        elif self._missing or is_fresh:
            self._missing.append(time)
            is_long = time - self._missing[0] >= _LEAST_MISSING_TIME
            is_final = is_long and len(self._missing) >= _LEAST_MISSING
        return is_final or self._foreign >= _MOST_FOREIGN


def is_refused(status_code: int) -> bool:
    """Whether a response to the start of a task says by its status that nothing was started. In doubt it does not."""
    # 303 is the only redirect that is sent after a request has taken effect (RFC 9110, section 15.4.4).
    is_redirect = 300 <= status_code < 400 and status_code != 303
    is_client_error = 400 <= status_code < 500
    return is_redirect or (is_client_error and status_code not in _AMBIGUOUS_STATUSES)


def read_rejection(reply: ResponseReader, retry_after: float | None) -> Failure:
    """What a response means that has no status of the task."""
    response = reply.response
    error, status_code = response.error, response.status_code
    if error is None:
        problem = response.make_error("has no status of the task")
        return Failure(error=problem, retry_after=retry_after)
    is_rejection = status_code in PERMANENT_STATUSES
    return Failure(
        error=error,
        summary=f"HTTP {status_code}",
        # Any proxy may send a bare 404: it counts at once if the service itself says it, in JSON.
        is_permanent=is_rejection and isinstance(reply.body, (dict, list)),
        is_rejection=is_rejection,
        is_missing=status_code in (404, 410),
        is_rate_limit=status_code == 429,
        retry_after=retry_after,
    )


def read_request_error(error: APIError) -> Failure:
    """What an exception of a request means."""
    cause: BaseException | None = error
    names = [type(error).__name__]
    while cause is not None and len(names) < 10:
        cause = cause.__cause__ or cause.__context__
        names.append(type(cause).__name__)
    is_unsent = isinstance(error, ConnectError)
    remains = is_unsent and not {*_PERMANENT_CAUSES}.isdisjoint(names)
    is_transient = isinstance(error, (ConnectError, TransportError, DecodingError))
    return Failure(error=error, is_permanent=remains or not is_transient)


def find_retry_after(reply: ResponseReader, declared: LongRunning) -> float | None:
    """Seconds until the next request, as the declaration says, else as HTTP does; at most 1e9."""
    value = to_number(reply.find(declared.retry_after))
    if value is not None:
        return min(max(0.0, value), 1e9)
    return HTTPStatusError.of("", headers=reply.response.headers).retry_after


def to_number(value: Any) -> float | None:
    """30, "30" and "30%" as a number; None for anything else."""
    text = value.strip().removesuffix("%") if isinstance(value, str) else value
    if isinstance(text, bool) or not isinstance(text, (int, float, str)):
        return None
    try:
        number = float(text)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
