"""Spans for requests (setting `opentelemetry`): a stand-in for opentelemetry-api records what clients tell it."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import httpx
import pytest
from attrs import define, field
from tests.conformance.test_long_running import Clock, User, serve
from tests.support import Driver, Package, Server, Workshop, document

from orcagen.config import Config

THINGS = """
paths:
  /thing/{id}:
    get:
      operationId: thing
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: page, in: query, schema: {type: integer}}
      security: [{key: []}, {}]
      responses: {"200": {description: done, content: {application/json: {schema: {}}}}}
  /lines:
    get:
      operationId: lines
      responses: {"200": {description: done, content: {application/jsonl: {schema: {type: integer}}}}}
components: {securitySchemes: {key: {type: apiKey, in: query, name: key}}}
"""


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(THINGS), config=Config(opentelemetry=True))


@define(eq=False)
class Span:
    name: str
    kind: str
    attributes: dict[str, Any]
    status: str = ""
    ended: int = 0
    start_time: int | None = None
    events: list[tuple[str, dict[str, Any]]] = field(factory=list)

    def add_event(self, name: str, attributes: dict[str, Any]) -> None:
        self.events.append((name, attributes))

    def set_attribute(self, name: str, value: Any) -> None:
        self.attributes[name] = value

    def set_status(self, status: str, description: str = "") -> None:
        self.status = f"{status} {description}".strip()

    def end(self) -> None:
        self.ended += 1


@define(eq=False)
class Tracer:
    spans: list[Span] = field(factory=list)
    names: list[str] = field(factory=list)

    def start_span(
        self,
        name: str,
        *,
        kind: str = "internal",
        start_time: int | None = None,
        attributes: dict[str, Any],
    ) -> Span:
        span = Span(name, kind, dict(attributes), start_time=start_time)
        self.spans.append(span)
        return span


@pytest.fixture
def tracer(monkeypatch: pytest.MonkeyPatch) -> Tracer:
    tracer = Tracer()

    def get_tracer(name: str) -> Tracer:
        tracer.names.append(name)
        return tracer

    trace: Any = ModuleType("opentelemetry.trace")
    trace.get_tracer = get_tracer
    trace.SpanKind = type("SpanKind", (), {"CLIENT": "client"})
    trace.StatusCode = type("StatusCode", (), {"ERROR": "error"})
    trace.set_span_in_context = lambda span: span
    propagate: Any = ModuleType("opentelemetry.propagate")
    propagate.inject = lambda headers, context: headers.update(traceparent=context.name)
    modules = {"": ModuleType("opentelemetry"), ".trace": trace, ".propagate": propagate}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, f"opentelemetry{name}", module)
    return tracer


def test_a_span_has_the_attributes_of_the_semantic_conventions(
    package: Package, driver: Driver, recorder: Server, tracer: Tracer
) -> None:
    call = package.api().thing("7", page=2)
    driver.send(package, recorder.url, call, key="secret")
    (span,) = tracer.spans
    assert (span.name, span.kind, span.status, span.ended) == ("GET /thing/{id}", "client", "", 1)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "server.address": "127.0.0.1",
        "server.port": recorder.port,
        "url.full": f"{recorder.url}/thing/7?page=2",
        "url.template": "/thing/{id}",
    }
    assert recorder.last.target == "/thing/7?page=2&key=secret"
    assert recorder.last.header("traceparent") == "GET /thing/{id}"
    assert tracer.names == [package.name]


def test_statuses_of_errors_and_attempts(
    package: Package, driver: Driver, recorder: Server, tracer: Tracer
) -> None:
    recorder.answer(status=503)
    recorder.answer(status=404)
    retries = package.module.Retries(attempts=2, sleep=lambda _: None)
    with pytest.raises(package.errors.NotFoundError):
        driver.send(package, recorder.url, package.api().thing("7"), retries=retries)
    assert [s.attributes["error.type"] for s in tracer.spans] == ["503", "404"]
    assert [(s.status, s.ended) for s in tracer.spans] == [("error", 1)] * 2


def test_a_request_without_a_response(
    package: Package, driver: Driver, recorder: Server, tracer: Tracer
) -> None:
    recorder.raw(hang_up=True)
    with pytest.raises(package.errors.TransportError):
        driver.send(package, recorder.url, package.api().thing("7"))
    (span,) = tracer.spans
    library = driver.http.__class__.__module__ if driver.http else httpx.__name__
    assert span.attributes["error.type"] == f"{library.partition('.')[0]}.RemoteProtocolError"
    assert (span.status, span.ended) == ("error", 1)
    assert "http.response.status_code" not in span.attributes


def test_streams_and_hooks(
    package: Package, driver: Driver, recorder: Server, tracer: Tracer
) -> None:
    """The request that a hook sees has the context of the span."""
    seen: list[Any] = []
    hooks = {"request": [lambda request: seen.append(request.headers["traceparent"])]}
    recorder.chunks([b"1\n"], media_type="application/jsonl")
    lines = package.api().lines()
    assert driver.stream(package, recorder.url, lines, event_hooks=hooks) == [1]
    assert seen == ["GET /lines"]
    assert [s.ended for s in tracer.spans] == [1]


def test_without_the_library_nothing_is_traced(
    package: Package, driver: Driver, recorder: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert driver.send(package, recorder.url, package.api().thing("7")) == {}
    assert recorder.last.header("traceparent") is None


def test_without_the_setting_there_is_no_such_code(workshop: Workshop) -> None:
    files = workshop(document(THINGS)).made.files
    assert "_runtime/telemetry.py" not in files
    assert not any("opentelemetry" in text for text in files.values())


JOBS = """
paths:
  /jobs:
    post:
      operationId: start
      x-orcagen-long-running-operation:
        poll: {operationId: look, parameters: {id: $response.body#/id}}
        status: $response.body#/status
        succeeded: [done]
        failed: [broken]
      responses: {"200": {description: started, content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}}
  /jobs/{id}:
    get:
      operationId: look
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: state, content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}}
components: {schemas: {Job: {type: object, properties: {id: {type: string}, status: {type: string}}}}}
"""


def test_a_wait_for_a_task_is_a_span(
    workshop: Workshop, driver: Driver, recorder: Server, tracer: Tracer
) -> None:
    """From the start to the end, with the requests beside it; one that is given up has an end, too."""
    clock = Clock()
    for traced in (True, False):
        made = workshop(document(JOBS), config=Config(opentelemetry=traced))
        user = User(driver, made, recorder.url, clock)
        for end in ("done", "broken"):
            tracer.spans.clear()
            serve(recorder, {"id": "7", "status": "new"})
            recorder.answer("{}", status=503)
            serve(recorder, {"id": "7", "status": "half"}, {"id": "7", "status": end})
            started = clock.time
            with nullcontext() if end == "done" else pytest.raises(made.errors.TaskFailedError):
                user.wait(made.api().start())
            spans = [span for span in tracer.spans if span.kind == "internal"]
            assert len(spans) == traced
            for span in spans:
                assert (span.name, span.attributes["task.id"]) == ("wait default.start", "7")
                assert (span.start_time, span.ended) == (int(started * 1e9), 1)
                names = [(name, *details.values()) for name, details in span.events]
                assert names[0][0] == "lookup failed"
                assert names[1:] == [("status", "half"), ("status", end)]
                is_failed = end == "broken"
                assert span.status.startswith("error task 7: failed") == is_failed
                assert ("error.type" in span.attributes) == is_failed
