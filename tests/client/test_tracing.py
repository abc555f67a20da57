"""A span for each wait, if OpenTelemetry is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import define, field
from tests.client.support import KEY, KLING, AnyClient

from orcarouter import errors
from orcarouter.testing import Emulator, Fault, VirtualClock


@define
class Span:
    """The part of OpenTelemetry's Span that is used."""

    name: str
    start_time: int | None
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]] = field(factory=list)
    status: tuple[str, str] | None = None
    ended: bool = False

    def add_event(self, name: str, attributes: dict[str, Any]) -> None:
        self.events.append((name, attributes))

    def set_attribute(self, name: str, value: Any) -> None:
        self.attributes[name] = value

    def set_status(self, code: str, text: str) -> None:
        self.status = code, text

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> list[Span]:
    created: list[Span] = []

    class Tracer:
        def start_span(self, name: str, start_time: int | None, attributes: dict[str, Any]) -> Span:
            created.append(Span(name, start_time, attributes))
            return created[-1]

    class StatusCode:
        ERROR = "error"

    trace: Any = ModuleType("opentelemetry.trace")
    trace.get_tracer, trace.StatusCode = lambda name: Tracer(), StatusCode
    monkeypatch.setitem(sys.modules, "opentelemetry", ModuleType("opentelemetry"))
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", trace)
    return created


def test_a_wait_is_one_span(
    client: AnyClient, server: Emulator[VirtualClock], spans: list[Span]
) -> None:
    server.script.add(Fault("submit", duration=30))
    task = client.create(KLING)
    server.script.add(Fault("lookup", skip=1, status=503, times=2, message=f"key {KEY}"))
    task.wait()
    (span,) = spans
    assert (span.name, span.ended, span.status) == ("orcarouter.video_task", True, None)
    assert span.attributes == {"orcarouter.task_id": task.id, "orcarouter.model": KLING["model"]}
    assert span.start_time == int(server.requests_to("submit")[0].at * 1e9)
    names = [(name, *attributes.values()) for name, attributes in span.events]
    assert names[0] == ("status", "IN_PROGRESS")
    assert names[-1] == ("status", "SUCCESS")
    assert [name for name, _ in names].count("lookup failed") == 2
    assert KEY not in repr(span)


def test_a_task_that_has_ended_is_not_traced_again(
    client: AnyClient, spans: list[Span], tmp_path: Path
) -> None:
    task = client.create(KLING)
    task.wait()
    task.wait()
    task.download(tmp_path / "out.mp4")
    assert len(spans) == 1


def test_a_failed_wait_sets_the_span_status(
    client: AnyClient, server: Emulator[VirtualClock], spans: list[Span]
) -> None:
    server.script.add(Fault("submit", fail_reason="no"))
    with pytest.raises(errors.TaskFailedError):
        client.create(KLING).wait()
    (span,) = spans
    assert span.ended
    assert span.status is not None
    assert "no" in span.status[1]
    assert span.attributes["error.type"] == "TaskFailedError"


def test_an_abandoned_wait_ends_its_span(client: AnyClient, spans: list[Span]) -> None:
    events = client.create(KLING).handle.events(interval=1)
    if client.client_kind == "sync":
        next(events)
        events.close()
    else:
        client.run(anext(events))
        client.run(events.aclose())
    assert [span.ended for span in spans] == [True]
