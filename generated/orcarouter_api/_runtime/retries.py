"""Attempts of a call. Nothing here does I/O: the clients send and wait."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from attrs import evolve, field, frozen, validators

from .call import Request
from .errors import APIError, ConnectError, HTTPStatusError, TransportError

# RFC 9110, section 9.2.2.
_IDEMPOTENT = frozenset(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"))
# Causes of a ConnectError that remain; None is a header that cannot be sent.
PERMANENT_CAUSES = ("InvalidURL", "UnsupportedProtocol", "NoneType")
_LOGGER = logging.getLogger(__name__.partition("._runtime")[0])


@frozen
class FailedAttempt:
    """Attempt `number`, from 1, of a request ended with `error`; the next one begins in `wait` seconds."""

    request: str
    number: int
    error: APIError
    wait: float


@frozen(kw_only=True)
class Retries:
    """When a client sends a call again: after a ConnectError, and, if the method is idempotent or the operation has an
    idempotency key, after a TransportError or one of `status_codes`. A body that can be read only once is never sent again.

    Attributes:
        attempts: How often a call is sent at most.
        initial_backoff: Seconds between the first two attempts at most. The wait is random; its limit doubles each time.
        max_backoff: Seconds to which that limit grows.
        max_retry_after: Seconds that Retry-After (RFC 9110, section 10.2.3) can ask for, instead of the backoff. Asked
            for more, the client gives up.
        attempt_timeout: Seconds for one attempt; None for all that is left of the call's `timeout`, which is the deadline
            of all attempts and waits together.
        status_codes: Those of responses after which a call is sent again.
        on_retry: Called before each wait. What it raises ends the call.
        sleep: Instead of `time.sleep` or `asyncio.sleep`: `trio.sleep`, or a test's.
        clock: Returns seconds, for the deadline.
        random: Returns a number from 0 to 1, for the backoff.
    """

    attempts: int = field(default=3, validator=validators.ge(1))
    initial_backoff: float = 0.5
    max_backoff: float = 8.0
    max_retry_after: float = 60.0
    attempt_timeout: float | None = None
    status_codes: Collection[int] = frozenset((408, 429, 500, 502, 503, 504))
    on_retry: Callable[[FailedAttempt], object] | None = None
    sleep: Callable[[float], Awaitable[object] | None] | None = None
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random

    def wait_for(self, number: int, error: APIError) -> Any:
        """Seconds to wait after an attempt; infinity if that is too long."""
        retry_after = getattr(error, "retry_after", None)
        if retry_after is not None:
            return retry_after if retry_after <= self.max_retry_after else math.inf
        longest = self.initial_backoff * 2.0 ** min(number - 1, 60)
        return self.random() * min(longest, self.max_backoff)


class Attempts:
    """The attempts of a call. `call` is what each of them sends, with the same idempotency key."""

    def __init__(
        self,
        retries: Retries,
        call: Request[Any],
        timeout: Any,
        headers: Collection[tuple[str, str]],
    ) -> None:
        self.call = call
        self._retries, self._number = retries, 1
        # The library's own timeouts are no deadline.
        self._timeouts = None if isinstance(timeout, (int, float)) else timeout
        self._end = retries.clock() + (math.inf if self._timeouts else timeout)
        self._files = call.body.find_files() if call.body else []
        if not call.is_repeatable:
            self._files = None
        self._is_safe = call.method in _IDEMPOTENT
        if key := call.idempotency_key:
            from uuid import uuid4

            self._is_safe = True
            if key.lower() not in (n.lower() for n, _ in [*headers, *call.headers]):
                self.call = evolve(call, headers=(*call.headers, (key, f"{uuid4()}")))

    @property
    def timeout(self) -> Any:
        """Seconds for the attempt that begins now, or the library's own timeouts."""
        left = self._end - self._retries.clock()
        seconds = min(left, self._retries.attempt_timeout or left)
        return self._timeouts if seconds == math.inf and self._timeouts else seconds

    def next_wait(self, error: APIError | None) -> float | None:
        """Seconds until the next attempt, after one that gave this error; None if there is none."""
        if error is None:
            return None
        retries, number = self._retries, self._number
        wait = math.inf
        if number < retries.attempts and self._may_repeat(error):
            wait = retries.wait_for(number, error)
        if retries.clock() + wait >= self._end:
            error.attempts = number
            if number > 1:
                error.args = (f"{error} (after {number} attempts)",)
            return None
        for file, position in self._files or ():
            file.seek(position)
        failed = FailedAttempt(self.call.request, number, error, wait)
        _LOGGER.warning("attempt %d failed, next in %.2f s: %s", number, wait, error)
        if retries.on_retry:
            retries.on_retry(failed)
        self._number += 1
        return wait

    def _may_repeat(self, error: APIError) -> bool:
        if self._files is None:
            return False
        if isinstance(error, ConnectError):  # never sent
            return type(error.__cause__).__name__ not in PERMANENT_CAUSES
        if isinstance(error, HTTPStatusError):
            return self._is_safe and error.status_code in self._retries.status_codes
        return self._is_safe and isinstance(error, TransportError)
