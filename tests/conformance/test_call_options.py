"""Options for some calls: copies of a client with other timeouts, headers and event hooks."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import httpx
import pytest
from mypy import api as mypy
from tests.support import Driver, Package, Server, Workshop, document

THING = """
paths:
  /thing/{id}:
    get:
      operationId: thing
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: done, content: {application/json: {schema: {type: string}}}}}
  /lines:
    get:
      operationId: lines
      responses: {"200": {description: done, content: {application/jsonl: {schema: {type: integer}}}}}
"""


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(THING))


# Timeouts


def _timeouts(driver: Driver, package: Package, url: str, **options: Any) -> Any:
    """What the HTTP library is given for one request."""
    seen: list[Any] = []

    def record(request: httpx.Request) -> None:
        seen.append(request.extensions["timeout"])

    driver.send(
        package, url, package.api().thing("1"), event_hooks={"request": [record]}, **options
    )
    return seen[0]


def test_timeouts_of_the_library(package: Package, driver: Driver, recorder: Server) -> None:
    recorder.answer('"a"')
    timeout = httpx.Timeout(3, read=300, pool=None)
    given = _timeouts(driver, package, recorder.url, timeout=timeout)
    assert given == {"connect": 3, "read": 300, "write": 3, "pool": None}


def test_a_number_is_for_every_step(package: Package, driver: Driver, recorder: Server) -> None:
    recorder.answer('"a"')
    given = _timeouts(driver, package, recorder.url, timeout=5)
    assert given == {"connect": 5, "read": 5, "write": 5, "pool": 5}


def test_the_library_s_timeout_passes(package: Package, driver: Driver, recorder: Server) -> None:
    for call in (package.api().thing("1"), package.api().lines()):
        recorder.silence()
        send = driver.stream if call.path == "/lines" else driver.send
        with pytest.raises(package.errors.TimeoutError):
            send(package, recorder.url, call, timeout=httpx.Timeout(None, read=0.05))


@pytest.mark.parametrize("attempt_timeout", [None, 7.0])
def test_timeouts_of_the_library_in_each_attempt(
    package: Package, driver: Driver, recorder: Server, attempt_timeout: float | None
) -> None:
    for _ in range(3):
        recorder.answer(status=503)
    recorder.answer('"a"')
    seen: list[Any] = []
    retries = package.module.Retries(
        attempts=4, attempt_timeout=attempt_timeout, sleep=lambda _: None
    )
    hooks = {"request": [lambda request: seen.append(request.extensions["timeout"]["read"])]}
    options = {"timeout": httpx.Timeout(9), "retries": retries, "event_hooks": hooks}
    assert driver.send(package, recorder.url, package.api().thing("1"), **options) == "a"
    assert seen == [attempt_timeout or 9] * 4


def test_the_timeout_of_one_call(package: Package, recorder: Server) -> None:
    seen: list[Any] = []
    hooks = {"request": [lambda request: seen.append(request.extensions["timeout"]["read"])]}
    with package.client(recorder.url, event_hooks=hooks) as client:
        client.send_raw(package.api().thing("1"), timeout=httpx.Timeout(8))
        client.with_options(timeout=httpx.Timeout(6)).send_raw(package.api().thing("1"))
        client.send_raw(package.api().thing("1"))
    assert seen == [8, 6, 60]


# Headers


def test_headers_of_a_copy(package: Package, recorder: Server) -> None:
    with package.client(recorder.url, headers={"X-Team": "cats", "X-App": "a"}) as client:
        copied = client.with_options(headers={"x-team": "dogs", "X-Own": "1"})
        for sender in (copied, client):
            sender.send_raw(package.api().thing("1"))
    first, second = recorder.requests
    assert [first.header(n) for n in ("x-team", "x-app", "x-own")] == ["dogs", "a", "1"]
    assert [second.header(n) for n in ("x-team", "x-app", "x-own")] == ["cats", "a", None]


# Event hooks


def test_hooks_see_the_request_and_the_response(
    package: Package, driver: Driver, recorder: Server
) -> None:
    recorder.answer('"a"', status=201, headers={"X-Count": "7"})
    events: list[Any] = []

    def sign(request: httpx.Request) -> None:
        events.append((request.method, str(request.url), request.extensions["call"].operation))
        request.headers["X-Signature"] = "signed"

    def note(response: httpx.Response) -> None:
        events.append((response.status_code, response.headers["x-count"], response.is_closed))

    hooks = {"request": [sign], "response": [note]}
    call = package.api().thing("1")
    assert driver.send(package, recorder.url, call, event_hooks=hooks) == "a"
    request = ("GET", f"{recorder.url}/thing/1", "GET /thing/{id}")
    assert events == [request, (201, "7", False)]
    assert recorder.last.header("x-signature") == "signed"


def test_hooks_are_called_in_order_for_streams_and_errors(
    package: Package, driver: Driver, recorder: Server
) -> None:
    events: list[Any] = []
    hooks = {
        "request": [lambda _: events.append(1), lambda _: events.append(2)],
        "response": [lambda r: events.append(r.status_code), lambda _: events.append(4)],
    }
    recorder.chunks([b"1\n", b"2\n"], media_type="application/jsonl")
    lines = package.api().lines()
    assert driver.stream(package, recorder.url, lines, event_hooks=hooks) == [1, 2]
    recorder.answer(status=404)
    with pytest.raises(package.errors.NotFoundError):
        driver.send(package, recorder.url, package.api().thing("1"), event_hooks=hooks)
    assert events == [1, 2, 200, 4, 1, 2, 404, 4]


def test_a_hook_can_read_the_body(package: Package, driver: Driver, recorder: Server) -> None:
    recorder.answer('"a"')
    bodies: list[bytes] = []

    async def read_async(response: httpx.Response) -> None:
        bodies.append(await response.aread())

    def read(response: httpx.Response) -> None:
        bodies.append(response.read())

    hooks = {"response": [read_async if driver.kind == "async" else read]}
    assert driver.send(package, recorder.url, package.api().thing("1"), event_hooks=hooks) == "a"
    assert bodies == [b'"a"']


def test_what_a_hook_raises_ends_the_call_and_frees_the_connection(
    package: Package, driver: Driver, recorder: Server
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("refused")

    call, responses = package.api().thing("1"), []

    def keep(response: httpx.Response) -> None:
        responses.append(response)

    with pytest.raises(RuntimeError, match="refused"):
        driver.send(package, recorder.url, call, event_hooks={"request": [refuse]})
    assert recorder.requests == []
    with pytest.raises(RuntimeError, match="refused"):
        driver.send(package, recorder.url, call, event_hooks={"response": [keep, refuse]})
    assert [r.is_closed for r in responses] == [True]


def test_a_hook_that_must_be_awaited_needs_the_async_client(
    package: Package, recorder: Server
) -> None:
    async def sign(_: object) -> None:
        raise AssertionError("never")

    error = package.errors.ConfigurationError
    hooks = {"request": [sign]}
    with (
        package.client(recorder.url, event_hooks=hooks) as client,
        pytest.raises(error, match="Async"),
    ):
        client.send(package.api().thing("1"))
    assert recorder.requests == []


def test_hooks_belong_to_one_copy(package: Package, recorder: Server) -> None:
    events: list[int] = []
    with package.client(recorder.url) as client:
        hooked = client.with_options(event_hooks={"request": [lambda _: events.append(1)]})
        again = hooked.with_options(timeout=4)
        bare = hooked.with_options(event_hooks={})
        for sender in (client, hooked, again, bare):
            sender.send_raw(package.api().thing("1"))
    assert events == [1, 1]


# Types

PROGRAM = """
import httpx
from NAME import AsyncClient, Client, Retries

def see(request: httpx.Request) -> None: ...
async def hear(response: httpx.Response) -> None: ...
def count(one: int, two: int) -> None: ...

client = Client("http://a", timeout=httpx.Timeout(3), event_hooks={"request": [see]})
client.with_options(timeout=httpx.Timeout(3, read=4), headers={"A": "b"}, retries=Retries())
AsyncClient("http://a", event_hooks={"request": [see], "response": [hear]})
client.with_options(timeout="3")  # type: ignore[arg-type]
client.with_options(event_hooks={"error": [see]})  # type: ignore[typeddict-unknown-key]
client.with_options(event_hooks={"request": [count]})  # type: ignore[list-item]
"""


def test_options_are_typed(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYPYPATH", str(package.folder.parent))
    program = tmp_path / "program.py"
    program.write_text(inspect.cleandoc(PROGRAM).replace("NAME", package.name))
    flags = ["--strict", "--no-incremental", "--no-error-summary"]
    assert mypy.run([*flags, str(program)]) == ("", "", 0)
