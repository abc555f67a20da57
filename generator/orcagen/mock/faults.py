"""Faults: which requests are answered in another way than the document says."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from attrs import define, field, frozen


@frozen(kw_only=True)
class Fault:
    """What happens to some requests of an operation, instead of what they ask for.

    Attributes:
        operation: An operationId, or `METHOD /path` as the document writes the path; "" for every request.
        status: The status of the response, 200 to 599; None for the response that the request would get.
        times: To how many requests; None for all.
        skip: How many requests pass before.
        headers: Headers of the response, such as `{"Retry-After": "2"}`.
        body: Its body: bytes, text, or a value that is sent as JSON. None for an error that is described in JSON.
        task: How a task ends that the request starts, with `status=None`: `succeeded`, `failed` or `cancelled`.
        delay: Seconds, on the clock of the server, before the response is sent.
    """

    operation: str = field(default="", kw_only=False)
    status: int | None = field(default=500)
    times: int | None = 1
    skip: int = 0
    headers: Mapping[str, str] = field(factory=dict)
    body: Any = None
    task: Literal["succeeded", "failed", "cancelled"] = "succeeded"
    delay: float = 0.0

    @status.validator
    def _check_status(self, _: Any, value: int | None) -> None:
        if value is not None and not 200 <= value <= 599:
            raise ValueError(f"the status of a fault is from 200 to 599, not {value}")


@define
class _Step:
    fault: Fault
    skip: int
    remaining: int | None


class FaultScript:
    """The faults that are still to be applied, in their order. Thread-safe."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        """Starts with these faults."""
        self._steps: list[_Step] = []
        self._lock = threading.Lock()
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Appends faults."""
        with self._lock:
            self._steps += [_Step(fault, fault.skip, fault.times) for fault in faults]

    def find_next(self, names: Iterable[str]) -> Fault | None:
        """The fault for a request of an operation that has these names. Counts the request."""
        names = {"", *names}
        with self._lock:
            for step in self._steps:
                if step.fault.operation not in names:
                    continue
                if step.skip:
                    step.skip -= 1
                    return None
                if step.remaining is not None:
                    step.remaining -= 1
                    if not step.remaining:
                        self._steps.remove(step)
                return step.fault
        return None
