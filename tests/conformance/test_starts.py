"""Billable starts: sent again only if they certainly started nothing, and never without the id that has arrived."""

from __future__ import annotations

import _thread
import asyncio
import hashlib
import json
import pickle
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import yaml
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from tests.conformance.test_long_running import EXAMPLES, Clock, Steps, User
from tests.raw_server import RawServer, respond, serve
from tests.support import Driver, Package, Server, Workshop

from orcagen.runtime.damaged_json import read_beginning, read_json

NOTE = "x" * 60
"""At the end of bodies, so that one can be cut behind the id."""


AZURE = """
      x-orcagen-long-running-operation:
        poll: {url: $response.header.Azure-AsyncOperation}
        status: $response.body#/status
        succeeded: [Succeeded]
        failed: [Failed]
        cancelled: [Canceled]
"""


@define
class Api:
    """A declaration, and what its service responds."""

    name: str
    start: Callable[[Package], Any]
    id: str
    accepted: dict[str, Any]
    done: dict[str, Any]
    headers: dict[str, str] = field(factory=dict)

    def make(self, workshop: Workshop) -> Package:
        text = (EXAMPLES / f"{self.name}.yaml").read_text()
        extension = "x-orcagen-long-running-operation:\n"
        text = text.replace("      x-ms-long-running-operation: true\n", AZURE, 1)
        if "billable" not in text:
            text = text.replace(extension, f"{extension}        billable: true\n")
        return workshop(yaml.safe_load(text))

    def respond(self, body: Any = None, status: str = "202 Accepted", **options: Any) -> bytes:
        """The response to the start, with the id."""
        fields = "".join(f"{k}: {v}\r\n" for k, v in self.headers.items()).encode()
        raw = respond(self.accepted if body is None else body, status, **options)
        return raw.replace(b"Connection:", fields + b"Connection:", 1)

    @property
    def cut(self) -> bytes:
        return self.respond(json.dumps(self.accepted).encode()[:-40], length=500)


APIS = [
    Api("videos", lambda made: made.api().create_video(body={"prompt": "a"}), "v1",
        {"id": "v1", "status": "queued", "url": NOTE}, {"id": "v1", "status": "completed"}),
    Api("google_style", lambda made: made.api().create_dataset(body={"title": "a"}), "operations/1",
        {"name": "operations/1", "metadata": {"note": NOTE}},
        {"name": "operations/1", "done": True, "response": {"title": "a"}}),
    Api("accepted", lambda made: made.api().create_report(body={"year": 2020}), "/states/1",
        {"note": NOTE}, {"rows": 1}, {"Location": "/states/1"}),
    Api("azure_style", lambda made: made.api().disks_create_or_update("d", body={"size": 4}), "/states/1",
        {"name": NOTE}, {"status": "Succeeded"}, {"Azure-AsyncOperation": "/states/1"}),
]  # fmt: skip
apis = pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)


def use(driver: Driver, made: Package, server: RawServer, **options: Any) -> User:
    url = server.base_url.removesuffix("/v1")
    return User(driver, made, url, options={"timeout": 20.0, **options})


def retries(made: Package, driver: Driver, clock: Clock, **options: Any) -> Any:
    sleep = clock.sleep if driver.kind == "sync" else clock.asleep
    return made.module.Retries(sleep=sleep, clock=lambda: clock.time, **options)


def start(user: User, api: Api, **options: Any) -> Any:
    def steps(client: Any) -> Steps:
        return (yield client.start(api.start(user.package), **options))

    return user.run(steps)


UNKNOWN = {
    "no response": b"",
    "cut before the headers end": b"HTTP/1.1 202 Acc",
    "cut before the id": respond(b'{"x": "', "202 Accepted", length=500),
    "no id": respond({"note": "x"}, "202 Accepted"),
    "a success that is not JSON": respond(b"<html>", "202 Accepted"),
    "408": respond({}, "408 Timeout"),
    **{f"{code}": respond({"error": "e"}, f"{code} Odd") for code in (500, 502, 503, 504, 529)},
}


@apis
@pytest.mark.parametrize("response", UNKNOWN.values(), ids=list(UNKNOWN))
def test_an_outcome_that_is_unknown(
    driver: Driver, workshop: Workshop, api: Api, response: bytes
) -> None:
    """Sent once, whatever `retries` is. The error has the time and the digest."""
    made = api.make(workshop)
    with serve(response) as server:
        user = use(driver, made, server)
        user.options["retries"] = retries(made, driver, user.clock, attempts=5)
        with pytest.raises(made.errors.AmbiguousStartError, match="is unknown") as caught:
            start(user, api)
        assert len(server.requests) == 1
        body = server.requests[0].partition(b"\r\n\r\n")[2]
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.digest == hashlib.sha256(body).hexdigest() == api.start(made).digest
    assert (error.sent_at, error.task_id, error.task) == (1000.0, "", None)
    assert error.reason is not None
    assert "before you start it again" in str(error)


@apis
def test_a_429_is_sent_again(driver: Driver, workshop: Workshop, api: Api) -> None:
    """As `retries` says; without them it is an error."""
    made = api.make(workshop)
    busy = respond({"error": "e"}, "429 Busy").replace(
        b"Connection:", b"Retry-After: 7\r\nConnection:"
    )
    with serve(busy, busy, api.respond()) as server:
        user = use(driver, made, server)
        user.options["retries"] = retries(made, driver, user.clock, attempts=3)
        assert start(user, api).id == api.id
        assert (len(server.requests), user.clock.slept) == (3, [7.0, 7.0])
    for options in ({}, {"attempts": 2}):
        with serve(busy) as server:
            user = use(driver, made, server)
            if options:
                user.options["retries"] = retries(made, driver, user.clock, **options)
            with pytest.raises(made.errors.RateLimitError):
                start(user, api)
            assert len(server.requests) == options.get("attempts", 1)


@apis
@pytest.mark.parametrize("status", ["400 Bad", "429 Busy", "500 Odd", "503 Odd"])
def test_an_error_that_names_a_task(
    driver: Driver, workshop: Workshop, api: Api, status: str
) -> None:
    made = api.make(workshop)
    with serve(api.respond(status=status), respond(api.done)) as server:
        user = use(driver, made, server)
        user.options["retries"] = retries(made, driver, user.clock)
        with pytest.raises(made.errors.AmbiguousStartError) as caught:
            start(user, api)
        assert len(server.requests) == 1
        error = pickle.loads(pickle.dumps(caught.value))
        assert (error.task_id, error.status_code) == (api.id, int(status[:3]))
        assert api.id in str(error)

        def resume(client: Any) -> Steps:
            return (yield client.resume(error.resume_token).wait())

        assert user.run(resume) is not None


@apis
@pytest.mark.parametrize("status", ["301 Moved", "308 Moved"])
def test_a_redirect_starts_nothing(
    driver: Driver, workshop: Workshop, api: Api, status: str
) -> None:
    """Its Location is that of the operation; after a 303, it is that of what was started."""
    made = api.make(workshop)
    raw = respond({}, status).replace(b"Connection:", b"Location: /elsewhere\r\nConnection:")
    with serve(raw) as server, pytest.raises(made.errors.HTTPStatusError):
        start(use(driver, made, server), api)
    raw = raw.replace(status.encode(), b"303 See Other")
    with serve(raw) as server, pytest.raises(made.errors.AmbiguousStartError) as caught:
        start(use(driver, made, server), api)
    assert caught.value.task_id == ("/elsewhere" if "Location" in api.headers else "")


def test_the_id_of_an_error_may_be_that_of_the_request(driver: Driver, workshop: Workshop) -> None:
    api = APIS[0]
    made = api.make(workshop)
    raw = respond({"id": "r-1"}, "400 Bad").replace(
        b"Connection:", b"X-Request-Id: r-1\r\nConnection:"
    )
    with serve(raw) as server, pytest.raises(made.errors.BadRequestError):
        start(use(driver, made, server), api)


def test_without_a_connection(driver: Driver, workshop: Workshop) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    made = APIS[0].make(workshop)
    user = User(driver, made, f"http://127.0.0.1:{port}")
    user.options["retries"] = retries(made, driver, user.clock, attempts=3, random=lambda: 1.0)
    with pytest.raises(made.errors.ConnectError) as caught:
        start(user, APIS[0])
    assert (caught.value.attempts, user.clock.slept) == (3, [0.5, 1.0])


ODD = {
    "cut behind the id": lambda api: api.cut,
    "a number of 4,500 digits": lambda api: _extend(api, b'"n": ' + b"9" * 4500),
    "a byte that is not UTF-8": lambda api: _extend(api, b'"n": "\xff"'),
    "5,000 nested lists": lambda api: _extend(api, b'"n": ' + b"[" * 5000 + b"]" * 5000),
    "text behind the object": lambda api: api.respond(json.dumps(api.accepted).encode() + b" and"),
}


def _extend(api: Api, member: bytes) -> bytes:
    return api.respond(b"{" + member + b", " + json.dumps(api.accepted).encode()[1:])


@apis
@pytest.mark.parametrize("make", ODD.values(), ids=list(ODD))
def test_a_success_that_is_odd_gives_the_task(
    driver: Driver, workshop: Workshop, api: Api, make: Callable[[Api], bytes]
) -> None:
    made = api.make(workshop)
    with serve(make(api), respond(api.done)) as server:
        user = use(driver, made, server)

        def steps(client: Any) -> Steps:
            task = yield client.start(api.start(made))
            assert (task.id, task.state) == (api.id, "pending")
            return (yield task.wait())

        assert user.run(steps) is not None
        assert len(server.requests) == 2


@apis
def test_a_response_that_stalls_behind_the_id(driver: Driver, workshop: Workshop, api: Api) -> None:
    made = api.make(workshop)
    with serve(api.cut, stall=True) as server:
        assert start(use(driver, made, server, timeout=0.4), api).id == api.id
    with (
        serve(api.cut[:25], stall=True) as server,
        pytest.raises(made.errors.AmbiguousStartError),
    ):
        start(use(driver, made, server, timeout=0.4), api)


# Interrupts and cancellations


def interrupt(driver: Driver, made: Package, api: Api, server: RawServer, **options: Any) -> Any:
    """Start, interrupt when the server has sent its response, and return the exception."""
    url = server.base_url.removesuffix("/v1")
    if driver.kind == "async":

        async def run() -> Any:
            sent, loop = asyncio.Event(), asyncio.get_running_loop()
            server.on_sent = lambda: loop.call_soon_threadsafe(sent.set)
            async with made.part("client").AsyncClient(url) as client:
                task = asyncio.ensure_future(client.start(api.start(made), **options))
                await sent.wait()
                task.cancel()
                await asyncio.sleep(0.1)
                server.release.set()
                try:
                    await task
                except asyncio.CancelledError as error:
                    return error

        return asyncio.run(run())
    done = threading.Event()

    def stop() -> None:
        _thread.interrupt_main()
        threading.Event().wait(0.3)
        server.release.set()
        done.set()

    server.on_sent = stop
    caught = None
    with made.client(url) as client:
        try:
            client.start(api.start(made), **options)
        except KeyboardInterrupt as error:
            caught = error
        with suppress(KeyboardInterrupt):
            done.wait(20)
    return caught


@apis
@pytest.mark.parametrize("sent", ["nothing", "the id"])
def test_a_response_is_read_to_its_end(
    driver: Driver, workshop: Workshop, api: Api, sent: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = api.make(workshop)
    whole = api.respond()
    first = whole[:-10] if sent == "the id" else b""
    with serve(first, stall=True) as server:
        server.rest = whole[len(first) :]
        error = interrupt(driver, made, api, server)
        assert len(server.requests) == 1
    assert error.task_id == api.id
    assert error.resume_token.startswith("task1.")
    assert any(api.id in text for text in error.__notes__)
    assert api.id in caplog.text


@apis
def test_a_response_that_does_not_end(driver: Driver, workshop: Workshop, api: Api) -> None:
    """The id is enough; without it the exception says that the outcome is unknown."""
    made = api.make(workshop)
    for sent, id_ in ((api.cut, api.id), (api.cut[:20], "")):
        with serve(sent, stall=True) as server:
            server.release = threading.Event()
            error = interrupt(driver, made, api, server, interrupt_timeout=0.2)
        assert error.task_id == id_
        assert any((id_ or "outcome is unknown") in text for text in error.__notes__)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
@apis
def test_an_exception_after_the_response(
    workshop: Workshop, api: Api, kind: type[BaseException]
) -> None:
    """An interrupt while the response is read, or a defect of a task class: the id has arrived."""
    made = api.make(workshop)

    class Own(made.module.Task):  # type: ignore[misc, name-defined]
        def read_start(self, reply: Any, target: Any) -> None:
            raise kind

    with serve(api.respond()) as server, made.client(server.base_url[:-3]) as client:
        with pytest.raises(kind) as caught:
            client.start(api.start(made), task_class=Own)
        assert len(server.requests) == 1
    assert caught.value.task_id == api.id  # type: ignore[attr-defined]


@apis
def test_an_exception_of_a_callback_names_the_task(
    driver: Driver, workshop: Workshop, api: Api
) -> None:
    made = api.make(workshop)

    def fail(event: Any) -> None:
        raise KeyError("a bug of the caller's")

    with serve(api.respond(), respond(api.done)) as server:
        user = use(driver, made, server)

        def wait(client: Any) -> Steps:
            task = yield client.start(api.start(made))
            return (yield task.wait(on_event=fail))

        def wait_all(client: Any) -> Steps:
            task = yield client.start(api.start(made))
            return (yield client.wait_all([task], on_event=fail))

        for steps in (wait, wait_all):
            server.responses[:] = [api.respond(), respond(api.done)]
            server.requests.clear()
            with pytest.raises(KeyError) as caught:
                user.run(steps)
            assert caught.value.task_id == api.id  # type: ignore[attr-defined]
            assert api.id in caught.value.__notes__[0]


# Lookups


@apis
def test_a_connection_that_breaks_during_a_lookup(
    driver: Driver, workshop: Workshop, api: Api
) -> None:
    """A pooled one may have been closed long before: the request is sent once more."""
    made = api.make(workshop)
    with serve(api.respond(), b"", respond(api.done), b"") as server:
        user = use(driver, made, server)

        def steps(client: Any) -> Steps:
            task = yield client.start(api.start(made))
            yield task.refresh()
            assert task.ended
            other = client.resume(task.resume_token)
            with pytest.raises(made.errors.LookupFailedError):
                yield other.refresh()

        user.run(steps)
        assert len(server.requests) == 5


@apis
def test_odd_json_of_a_lookup(driver: Driver, workshop: Workshop, api: Api) -> None:
    """It counts as far as it is whole; one that is cut or nested too deeply is looked up again."""
    made = api.make(workshop)
    done = json.dumps(api.done).encode()

    def steps(client: Any) -> Steps:
        task = yield client.start(api.start(made))
        yield task.refresh()
        return task.state

    for member in (b'"n": ' + b"9" * 4500, b'"n": "\xff"'):
        with serve(api.respond(), respond(b"{" + member + b", " + done[1:])) as server:
            assert use(driver, made, server).run(steps) == "succeeded"
    if api.name != "accepted":  # there the status code alone tells the state
        with serve(api.respond(), respond(done[:-2]), respond(done)) as server:
            user = use(driver, made, server)
            assert user.wait(api.start(made)) is not None
            assert len(server.requests) == 3


def test_another_task_is_no_answer(driver: Driver, workshop: Workshop) -> None:
    api = APIS[0]
    made = api.make(workshop)
    other = respond({"id": "v2", "status": "completed"})
    with serve(other, other, respond(api.done), other) as server:
        user = use(driver, made, server)

        def steps(client: Any) -> Steps:
            task = client.resume("v1", made.api().create_video)
            yield task.refresh()
            assert (task.state, len(server.requests)) == ("succeeded", 3)
            with pytest.raises(made.errors.LookupFailedError, match="another task: v2"):
                yield client.resume("v1", made.api().create_video).refresh()

        user.run(steps)
        assert len(server.requests) == 6


# Durations


def test_durations_are_learned(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """After three tasks of an operation, the next is first looked up after half of their median."""
    content = yaml.safe_load((EXAMPLES / "videos.yaml").read_text())
    extension = content["paths"]["/videos"]["post"]["x-orcagen-long-running-operation"]
    del extension["duration"]
    extension["firstDelay"] = 2
    made = workshop(content)
    user = User(driver, made, recorder.url)
    ends: dict[str, float] = {}

    def play(line: str) -> tuple[int, Any, dict[str, str]]:
        if line.startswith("POST"):
            id_ = f"v{len(ends)}"
            ends[id_] = user.clock.time + 100
            return 200, {"id": id_, "status": "queued"}, {}
        id_ = line.rpartition("/")[2]
        status = "completed" if user.clock.time >= ends[id_] else "in_progress"
        return 200, {"id": id_, "status": status, "progress": 30}, {}

    def steps(client: Any) -> Steps:
        first, events = [], []
        for _ in range(4):
            task = yield client.start(made.api().create_video())
            user.clock.slept.clear()
            events = yield task.events()
            first.append(user.clock.slept[0])
        return first, events

    recorder.respond = play
    try:
        first, events = user.run(steps)
    finally:
        recorder.respond = None
    assert first[:3] == [2.0] * 3
    assert first[3] == pytest.approx(51, abs=2)
    estimates = [event.estimate for event in events]
    assert estimates == sorted(estimates)
    assert estimates[0] == pytest.approx(0.45, abs=0.03)
    assert estimates[-1] == 1.0
    assert all(estimate < 0.96 for estimate in estimates[:-1])


def test_a_task_of_known_age(driver: Driver, workshop: Workshop) -> None:
    """An id with the time of its start is polled as where it was started."""
    made = APIS[0].make(workshop)
    with serve(respond(APIS[0].done)) as server:
        user = use(driver, made, server)

        def steps(client: Any) -> Steps:
            for started_at in (990.0, None):
                yield client.resume("v1", made.api().create_video, started_at=started_at).wait()

        user.run(steps)
    assert user.clock.slept == [20.0]  # half of 60 seconds, 10 of which have passed


def test_a_task_class_of_ones_own(driver: Driver, workshop: Workshop) -> None:
    """For a service that a declaration cannot describe: its states, errors and events."""
    made = APIS[0].make(workshop)
    base = made.module.Task if driver.kind == "sync" else made.module.AsyncTask

    class FailedError(Exception):
        pass

    class Own(base):  # type: ignore[misc, valid-type]
        ERRORS = (FailedError,)

        def read_response(self, reply: Any, target: Any) -> Any:
            state = {"a": "pending", "b": "succeeded"}.get(
                reply.response.headers["x-state"], "failed"
            )
            self.take(reply.response, state, state.upper())

        def make_error(self, kind: type, message: str, reason: Any = None) -> Exception:
            return FailedError(kind.__name__)

        def make_event(self, kind: str, **details: Any) -> Any:
            return kind, self.status

    def reply(state: str) -> bytes:
        return respond({}).replace(b"Connection:", b"X-State: %s\r\nConnection:" % state.encode())

    events: list[Any] = []
    with serve(respond({"id": "v1"}), reply("a"), reply("b"), reply("c")) as server:
        user = use(driver, made, server)

        def steps(client: Any) -> Steps:
            task = yield client.start(made.api().create_video(), task_class=Own)
            yield task.wait(on_event=events.append)
            other = client.resume("v1", made.api().create_video, task_class=Own)
            with pytest.raises(FailedError, match="TaskFailedError"):
                yield other.wait()
            yield client.wait_all([other])
            assert isinstance(other.error, FailedError)

        user.run(steps)
    assert events == [("status", "PENDING"), ("end", "SUCCEEDED")]


# Damaged JSON

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES, max_size=6), st.booleans(), st.data())
def test_the_beginning_of_json(
    value: dict[str, Any], ascii_only: bool, data: st.DataObject
) -> None:
    """A whole text is read as it is; of one that is cut, only what is complete, and nothing else."""
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    if b"\xed" not in text:  # a lone surrogate is not UTF-8
        assert read_beginning(text) == json.loads(text)
    cut = data.draw(st.integers(0, len(text)))
    beginning = read_beginning(text[:cut])
    assert beginning is None or _is_part(beginning, read_beginning(text))


def _is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and _is_part(item, whole[key]) for key, item in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(map(_is_part, part, whole[: len(part)]))
    return bool(part == whole)


@given(st.binary(max_size=60))
def test_any_bytes_have_a_beginning(content: bytes) -> None:
    for piece in (content, b'{"id": "a", ' + content):
        assert isinstance(read_beginning(piece), dict | list | None)
        read_json(piece)
