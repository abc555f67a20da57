"""Retries of generated clients: what is sent again, when, and how often. The clock is virtual, the server is real."""

from __future__ import annotations

import http.server
import io
import logging
import pickle
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from tests.support import Driver, Package, Server, Workshop, document, found

METHODS = ("get", "head", "options", "trace", "put", "delete", "post", "patch")
IDEMPOTENT = ("get", "head", "options", "trace", "put", "delete")
JSON = {"200": {"description": "done", "content": {"application/json": {"schema": {}}}}}
KEY = {"header": "Request-Token"}
UPLOAD: dict[str, Any] = {"requestBody": {"content": {"application/octet-stream": {"schema": {}}}}}
PARAMETER = {"name": "idempotency-key", "in": "header", "schema": {"type": "string"}}


def operations(**more: Any) -> dict[str, Any]:
    return {m: {"operationId": m, "responses": JSON, **more} for m in METHODS}


@define
class Clock:
    now: float = 100.0
    waits: list[float] = field(factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    stream = {"application/jsonl": {"itemSchema": {"type": "integer"}}}
    paths = {
        "/plain": operations(),
        "/upload": {
            "put": {"operationId": "upload", "responses": JSON, **UPLOAD},
            "post": {
                "operationId": "form",
                "responses": JSON,
                "x-orcagen-idempotency-key": KEY,
                "requestBody": {
                    "content": {
                        "multipart/form-data": {
                            "schema": {"properties": {"file": {"contentMediaType": "image/png"}}}
                        }
                    }
                },
            },
        },
        "/lines": {
            "put": {
                "operationId": "lines",
                "responses": JSON,
                "requestBody": {"content": stream},
            },
            "get": {
                "operationId": "stream",
                "responses": {"200": {"description": "", "content": stream}},
            },
        },
    }
    return workshop(document({"paths": paths}, openapi="3.2.0"))


@pytest.fixture(scope="module")
def keyed(workshop: Workshop) -> Package:
    return workshop(
        document({"paths": {"/plain": operations(**{"x-orcagen-idempotency-key": KEY})}})
    )


def retries(package: Package, clock: Clock | None = None, **options: Any) -> Any:
    clock = clock or Clock()
    options = {"random": lambda: 1.0, **options}
    return package.module.Retries(clock=clock, sleep=clock.sleep, **options)


def send_all(
    driver: Driver, package: Package, url: str, calls: Callable[[], Iterator[Any]], **options: Any
) -> list[Any]:
    """The results of calls, or their errors, from one client."""
    error = package.errors.APIError
    results: list[Any] = []
    if driver.kind == "sync":
        with package.client(url, http_client=driver.http, **options) as client:
            for call in calls():
                try:
                    results.append(client.send(call))
                except error as e:
                    results.append(e)
        return results

    async def use(client: Any) -> None:
        for call in calls():
            try:
                results.append(await client.send(call))
            except error as e:
                results.append(e)

    driver._asynchronously(package, url, options, use)
    return results


# What is sent again

STATUSES = (408, 429, 500, 502, 503, 504)
OTHERS = (400, 401, 404, 409, 425, 501, 505)


def fail(server: Server, failure: int | str) -> None:
    if failure == "closed":
        server.raw(hang_up=True)
    elif failure == "broken":
        server.raw(b"HTTP/1.1 200 OK\r\nContent-Le", hang_up=True)
    else:
        assert isinstance(failure, int)
        server.answer(b"", status=failure, media_type=None)


@pytest.mark.parametrize("key", [False, True])
def test_only_what_is_safe_is_sent_again(
    driver: Driver, package: Package, keyed: Package, recorder: Server, key: bool
) -> None:
    made = keyed if key else package
    counts: dict[tuple[str, int | str], int] = {}
    failures = ("closed", "broken", *STATUSES, *OTHERS)

    def calls() -> Iterator[Any]:
        for method in METHODS:
            for failure in failures:
                recorder.forget()
                fail(recorder, failure)
                recorder.answer(b"" if method == "head" else b"{}")
                yield getattr(made.api(), method)()
                counts[method, failure] = len(recorder.requests)

    send_all(driver, made, recorder.url, calls, retries=retries(made))
    assert counts == {
        (m, f): 2 if (key or m in IDEMPOTENT) and f not in OTHERS else 1
        for m in METHODS
        for f in failures
    }


def test_nothing_is_sent_again_by_default(
    driver: Driver, package: Package, keyed: Package, recorder: Server
) -> None:
    for made, options in ((package, {}), (keyed, {"retries": None})):
        recorder.forget()
        recorder.answer(b"", status=503)
        with pytest.raises(made.errors.ServerError) as caught:
            driver.send(made, recorder.url, made.api().get(), **options)
        assert (len(recorder.requests), caught.value.attempts) == (1, 1)
        assert "attempts" not in str(caught.value)
        assert recorder.last.header("Request-Token") is None


def test_options_of_a_copy(sync: Driver, package: Package, recorder: Server) -> None:
    client = package.client(recorder.url, http_client=sync.http, retries=retries(package))
    for copy, count in ((client.with_options(), 2), (client.with_options(retries=None), 1)):
        recorder.forget()
        recorder.answer(b"", status=503)
        copy.send_raw(package.api().get())
        assert len(recorder.requests) == count


def test_a_request_that_was_never_sent_is_sent_again(driver: Driver, package: Package) -> None:
    """Whatever its method: the server begins to listen during the first wait."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    received: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: Any) -> None:
            pass

    servers: list[http.server.HTTPServer] = []

    def listen(seconds: float) -> None:
        servers.append(http.server.HTTPServer(("127.0.0.1", port), Handler))
        threading.Thread(target=servers[0].serve_forever, daemon=True).start()

    policy = package.module.Retries(sleep=listen)
    try:
        driver.send(package, f"http://127.0.0.1:{port}", package.api().post(), retries=policy)
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
    assert received == ["/plain"]


def test_no_server_at_all(driver: Driver, package: Package) -> None:
    clock = Clock()
    with pytest.raises(package.errors.ConnectError, match=r"\(after 4 attempts\)") as caught:
        driver.send(
            package,
            "http://127.0.0.1:1",
            package.api().post(),
            retries=retries(package, clock, attempts=4),
        )
    assert caught.value.attempts == 4
    assert clock.waits == [0.5, 1.0, 2.0]
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.attempts, str(copy)) == (4, str(caught.value))


def test_a_request_that_cannot_be_sent_is_not_tried_again(
    driver: Driver, package: Package, recorder: Server
) -> None:
    clock = Clock()
    with pytest.raises(package.errors.ConnectError) as caught:
        driver.send(
            package,
            recorder.url,
            package.api().get(),
            retries=retries(package, clock),
            headers={"X-Broken": "a\nb"},
        )
    assert (caught.value.attempts, clock.waits) == (1, [])


# When


def test_waits_grow_up_to_a_limit_and_are_random(
    driver: Driver, package: Package, recorder: Server
) -> None:
    clock, numbers = Clock(), iter([1.0, 0.5, 0.0, 1.0, 1.0])
    for _ in range(5):
        recorder.answer(b"", status=503)
    policy = retries(
        package,
        clock,
        attempts=9,
        initial_backoff=1.0,
        max_backoff=5.0,
        random=lambda: next(numbers),
    )
    assert driver.send(package, recorder.url, package.api().get(), retries=policy) == {}
    assert clock.waits == [1.0, 1.0, 0.0, 5.0, 5.0]


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("7", 7.0),
        ("0", 0.0),
        (" 3.5 ", 3.5),
        ("soon", 0.5),
        ("", 0.5),
        ("-1", 0.5),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        ("Sun Nov  6 08:49:37 1994", 0.0),
    ],
)
def test_retry_after(
    driver: Driver, package: Package, recorder: Server, value: str, wait: float
) -> None:
    clock = Clock()
    recorder.answer(b"", status=429, headers={"Retry-After": value})
    driver.send(package, recorder.url, package.api().get(), retries=retries(package, clock))
    assert clock.waits == [wait]


def test_retry_after_as_a_date(driver: Driver, package: Package, recorder: Server) -> None:
    clock = Clock()
    date = formatdate(time.time() + 40, usegmt=True)
    recorder.answer(b"", status=503, headers={"Retry-After": date})
    driver.send(package, recorder.url, package.api().get(), retries=retries(package, clock))
    assert 0 < clock.waits[0] <= 40
    # The server's clock may differ: its Date is what the date counts from.
    headers = {
        "Date": "Sun, 06 Nov 1994 08:49:37 GMT",
        "Retry-After": "Sun, 06 Nov 1994 08:49:40 GMT",
    }
    recorder.answer(b"", status=503, headers=headers)
    driver.send(package, recorder.url, package.api().get(), retries=retries(package, clock))
    assert clock.waits[1:] == [3.0]


@pytest.mark.parametrize("options", [{}, {"max_retry_after": 1e9, "attempts": 9}])
def test_a_long_retry_after_is_an_error_at_once(
    driver: Driver, package: Package, recorder: Server, options: dict[str, Any]
) -> None:
    """Longer than `max_retry_after`, or than the timeout of the call."""
    clock = Clock()
    recorder.answer(b"", status=429, headers={"Retry-After": "61"})
    policy = retries(package, clock, **options)
    with pytest.raises(package.errors.RateLimitError) as caught:
        driver.send(package, recorder.url, package.api().get(), retries=policy)
    assert (caught.value.retry_after, clock.waits) == (61.0, [])


def test_one_deadline_for_all_attempts(driver: Driver, package: Package, recorder: Server) -> None:
    clock = Clock()
    for _ in range(9):
        recorder.answer(b"", status=503, headers={"Retry-After": "4"})
    policy = retries(package, clock, attempts=9)
    with pytest.raises(package.errors.ServerError, match="after 3 attempts"):
        driver.send(package, recorder.url, package.api().get(), retries=policy, timeout=10)
    assert clock.waits == [4.0, 4.0]


def test_the_timeout_of_an_attempt(driver: Driver, package: Package, recorder: Server) -> None:
    recorder.silence()
    policy = retries(package, attempt_timeout=0.2)
    assert driver.send(package, recorder.url, package.api().get(), retries=policy) == {}
    assert len(recorder.requests) == 2


def test_an_asynchronous_sleep(package: Package, recorder: Server) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    recorder.answer(b"", status=503, headers={"Retry-After": "3"})
    policy = package.module.Retries(sleep=sleep)
    Driver("async").send(package, recorder.url, package.api().get(), retries=policy)
    assert waits == [3.0]


def test_the_clocks_of_the_system(driver: Driver, package: Package, recorder: Server) -> None:
    recorder.answer(b"", status=503)
    policy = package.module.Retries(initial_backoff=0.001)
    assert driver.send(package, recorder.url, package.api().get(), retries=policy) == {}


def test_attempts_are_at_least_one(package: Package) -> None:
    with pytest.raises(ValueError, match="attempts"):
        package.module.Retries(attempts=0)


# Idempotency keys


def test_one_key_for_all_attempts_of_a_call(
    driver: Driver, keyed: Package, recorder: Server
) -> None:
    call = keyed.api().post()
    keys: list[Any] = []
    for _ in range(2):
        recorder.forget()
        recorder.answer(b"", status=503)
        recorder.raw(hang_up=True)
        driver.send(keyed, recorder.url, call, retries=retries(keyed))
        sent = {r.header("Request-Token") for r in recorder.requests}
        assert len(recorder.requests) == 3
        assert len(sent) == 1
        keys += sent
    assert uuid.UUID(keys[0]) != uuid.UUID(keys[1])
    assert call == keyed.api().post()


def test_the_callers_key_wins(driver: Driver, keyed: Package, recorder: Server) -> None:
    recorder.answer(b"", status=503)
    driver.send(
        keyed,
        recorder.url,
        keyed.api().post(),
        retries=retries(keyed),
        headers={"request-token": "mine"},
    )
    assert [r.header("Request-Token") for r in recorder.requests] == ["mine", "mine"]


def test_a_parameter_of_that_name_is_a_declaration(
    driver: Driver, workshop: Workshop, recorder: Server
) -> None:
    made = workshop(document({"paths": {"/plain": operations(parameters=[PARAMETER])}}))
    for key in ("mine", None):
        recorder.forget()
        recorder.answer(b"", status=503)
        call = made.api().post(idempotency_key=key)
        driver.send(made, recorder.url, call, retries=retries(made))
        first, second = (r.header("Idempotency-Key") for r in recorder.requests)
        assert first == second
        assert first == key if key else uuid.UUID(first)


SWAGGER = {"swagger": "2.0", "produces": ["application/json"]}


@pytest.mark.parametrize("head", [{}, SWAGGER, {"openapi": "3.0.3"}])
def test_a_key_for_the_whole_document(
    sync: Driver, workshop: Workshop, recorder: Server, head: dict[str, Any]
) -> None:
    """For operations that are not idempotent, unless they say otherwise."""
    paths = {
        "/plain": operations(),
        "/own": {
            "post": {
                "operationId": "own",
                "responses": JSON,
                "x-orcagen-idempotency-key": {"header": "Own-Key"},
            },
            "patch": {
                "operationId": "none",
                "responses": JSON,
                "x-orcagen-idempotency-key": False,
            },
        },
    }
    made = workshop(document({"paths": paths, **head}, **{"x-orcagen-idempotency-key": KEY}))
    api = made.api()
    keys = {n: getattr(api, n)().idempotency_key for n in (*METHODS, "own", "none")}
    assert keys == dict.fromkeys(IDEMPOTENT, "") | {
        "post": "Request-Token",
        "patch": "Request-Token",
        "own": "Own-Key",
        "none": "",
    }
    recorder.answer(b"", status=503)
    sync.send_raw(made, recorder.url, api.none(), retries=retries(made))
    assert len(recorder.requests) == 1


@pytest.mark.parametrize(
    "value", [True, "Key", {}, {"header": 7}, {"header": "a b"}, {"header": "cookie"}, [KEY],
              {"header": "Key", "more": 1}, {"header": "a\r\nb"}]
)  # fmt: skip
def test_a_wrong_declaration(workshop: Workshop, value: Any) -> None:
    for place in ("document", "operation"):
        extension = {"x-orcagen-idempotency-key": value}
        own = extension if place == "operation" else {}
        paths = {"/a": {"post": {"operationId": "a", "responses": JSON, **own}}}
        made = workshop(document({"paths": paths}, **({} if own else extension)))
        diagnostic = found(made.made.diagnostics, "idempotency key")
        expected = "/x-orcagen-idempotency-key"
        assert diagnostic.pointer == ("/paths/~1a/post" if own else "") + expected
        assert made.api().a().idempotency_key == ""


# Bodies


def test_bodies_that_can_be_sent_twice(
    driver: Driver, package: Package, recorder: Server, tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        bodies = [b"0123456789", file, io.BytesIO(b"0123456789"), path, [b"01234", b"56789"]]
        for body in bodies:
            recorder.forget()
            recorder.answer(b"", status=503)
            recorder.raw(hang_up=True)
            call = package.api().upload(body=body)
            driver.send(package, recorder.url, call, retries=retries(package))
            assert [r.body for r in recorder.requests] == [b"0123456789"] * 3
        for body in (path, path.open("rb")):
            recorder.forget()
            recorder.answer(b"", status=503)
            call = package.api().form(body={"file": body})
            driver.send(package, recorder.url, call, retries=retries(package))
            first, second = (r.body for r in recorder.requests)
            assert first == second
            assert b"\r\n0123456789\r\n" in first


class Pipe(io.RawIOBase):
    """A file that cannot seek."""

    def __init__(self, content: bytes) -> None:
        self.pieces = [content, b""]

    def read(self, size: int = -1) -> bytes:
        return self.pieces.pop(0)


@pytest.mark.parametrize("kind", ["iterator", "pipe", "part", "lines"])
def test_bodies_that_can_be_sent_only_once(
    driver: Driver, package: Package, recorder: Server, kind: str
) -> None:
    api, clock = package.api(), Clock()
    call = {
        "iterator": lambda: api.upload(body=iter([b"abc"])),
        "pipe": lambda: api.upload(body=Pipe(b"abc")),
        "part": lambda: api.form(body={"file": Pipe(b"abc")}),
        "lines": lambda: api.lines(body=(i for i in range(3))),
    }[kind]()
    recorder.answer(b"", status=503)
    with pytest.raises(package.errors.ServerError) as caught:
        driver.send(package, recorder.url, call, retries=retries(package, clock))
    assert (len(recorder.requests), caught.value.attempts, clock.waits) == (1, 1, [])


# Responses


def test_the_last_response_of_send_raw(driver: Driver, package: Package, recorder: Server) -> None:
    for status in (503, 502, 500):
        recorder.answer('{"message": "down"}', status=status)
    response = driver.send_raw(package, recorder.url, package.api().get(), retries=retries(package))
    assert (response.status_code, response.error.attempts) == (500, 3)
    assert str(response.error).endswith(": down (after 3 attempts)")


def test_a_body_that_breaks_off_is_asked_for_again(
    driver: Driver, package: Package, recorder: Server
) -> None:
    recorder.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1", hang_up=True)
    recorder.answer("[1, 2]")
    call = package.api().get()
    assert driver.send(package, recorder.url, call, retries=retries(package)) == [1, 2]


def test_a_stream_is_opened_again_only_until_its_headers_came(
    driver: Driver, package: Package, recorder: Server
) -> None:
    recorder.answer(b"", status=503)
    recorder.raw(hang_up=True)
    recorder.chunks([b"1\n", b"2\n"], media_type="application/jsonl", whole=False)
    with pytest.raises(package.errors.TransportError) as caught:
        driver.stream(package, recorder.url, package.api().stream(), retries=retries(package))
    assert caught.value.items == [1, 2]
    assert len(recorder.requests) == 3


def test_the_error_of_a_stream_that_never_opened(
    driver: Driver, package: Package, recorder: Server
) -> None:
    for _ in range(3):
        recorder.answer('{"message": "down"}', status=503)
    with pytest.raises(package.errors.ServerError, match=r"down.*after 3 attempts"):
        driver.stream(package, recorder.url, package.api().stream(), retries=retries(package))


# Events


def test_hook_and_log(
    driver: Driver, package: Package, recorder: Server, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Any] = []
    recorder.answer(b"", status=429, headers={"Retry-After": "2"})
    recorder.raw(hang_up=True)
    policy = retries(package, on_retry=events.append)
    with caplog.at_level(logging.WARNING, logger=package.name):
        driver.send(package, recorder.url, package.api().get(), retries=policy)
    assert [(e.request, e.number, type(e.error).__name__, e.wait) for e in events] == [
        ("GET /plain", 1, "RateLimitError", 2.0),
        ("GET /plain", 2, "TransportError", 1.0),
    ]
    records = [r for r in caplog.records if r.name == package.name]
    assert [r.getMessage().partition(":")[0] for r in records] == [
        "attempt 1 failed, next in 2.00 s",
        "attempt 2 failed, next in 1.00 s",
    ]


def test_a_hook_that_raises_ends_the_call(
    driver: Driver, package: Package, recorder: Server
) -> None:
    def stop(attempt: Any) -> None:
        raise attempt.error

    recorder.answer(b"", status=503)
    with pytest.raises(package.errors.ServerError):
        driver.send(
            package,
            recorder.url,
            package.api().get(),
            retries=retries(package, on_retry=stop),
        )
    assert len(recorder.requests) == 1
