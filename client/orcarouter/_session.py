"""What the parts of a client share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import evolve, field, frozen

from orcarouter._clock import Clock
from orcarouter._events import Event
from orcarouter._submission import RetryPolicy, make_retries
from orcarouter._tokens import ResumeToken
from orcarouter.errors import ConfigurationError
from orcarouter_api import AsyncClient, Client, Polling, Retries
from orcarouter_api._runtime.starts import TimeLimits
from orcarouter_api._runtime.urls import find_origin

__all__ = ["POLLING", "EventCallback", "Session", "make_polling"]

C = TypeVar("C", Client, AsyncClient)
EventCallback = Callable[[Event], object]

POLLING = Polling(min_interval=3.0)  # API reference, section 10.3


@frozen(kw_only=True)
class Session(Generic[C]):
    """A generated client, and what calls need beside it."""

    client: C
    clock: Clock
    retry_policy: RetryPolicy
    on_event: EventCallback | None = None
    downloader: C = field(init=False)

    @downloader.default
    def _make_downloader(self) -> C:
        """The client that downloads files."""
        retries = Retries(
            initial_backoff=1.0, max_backoff=30.0, clock=self.clock.monotonic, sleep=self.sleep
        )
        return self.client.with_options(retries=retries)

    @property
    def sleep(self) -> Callable[[float], Any]:
        """That of the clock which fits the client."""
        is_async = isinstance(self.client, AsyncClient)
        return self.clock.asleep if is_async else self.clock.sleep

    def notify(self, *callbacks: EventCallback | None) -> Callable[[Any], None]:
        """A function that calls the client's callback, and then these.

        The generated client calls it with what `BaseServiceTask.make_event` makes.
        """

        def call_all(event: Event) -> None:
            for callback in (self.on_event, *callbacks):
                if callback is not None:
                    callback(event)

        return call_all

    def make_submitter(self) -> C:
        """The client that sends one submission, with the attempts of the policy."""
        retries = make_retries(self.retry_policy, self.clock, self.sleep, self.on_event)
        return self.client.with_options(retries=retries)

    @property
    def submission_timeout(self) -> TimeLimits:
        """That of one attempt."""
        return TimeLimits(self.retry_policy.timeout, self.retry_policy.total_timeout)

    def submit_once(self) -> Session[C]:
        """This session, for one that decides itself whether a submission is sent again."""
        policy = evolve(self.retry_policy, max_connect_attempts=1, rate_limit_timeout=0.0)
        return evolve(self, retry_policy=policy)

    def parse_token(self, text: str) -> ResumeToken:
        """A task reference, if it is one of this service.

        Raises ConfigurationError.
        """
        token = ResumeToken.parse(text)
        own = find_origin(self.client.base_url)
        # The key must not go to the wrong service, and the id would mean nothing there.
        if token.base_url and find_origin(token.base_url) != own:
            raise ConfigurationError(
                f"the task was submitted to {find_origin(token.base_url)}, but this client uses {own}"
            )
        return token


def make_polling(clock: Clock, *, is_async: bool) -> Polling:
    """When tasks are looked up, by a clock."""
    sleep = clock.asleep if is_async else clock.sleep
    return evolve(POLLING, clock=clock.monotonic, time=clock.time, sleep=sleep)
