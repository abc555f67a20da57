"""Long-running operations of generated clients: four styles of APIs against a real server, faults, many tasks at once, other
processes, and declarations that cannot work."""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from attrs import define, field
from mypy import api as mypy
from tests.support import Driver, Package, Server, Workshop, document, found

from orcagen.config import Config
from orcagen.config import read as read_config

EXAMPLES = Path(__file__).parents[2] / "examples" / "long_running"
EXTENSION = "x-orcagen-long-running-operation"
Steps: TypeAlias = Generator[Any, Any, Any]  # yields what has to be awaited, and is sent its result


@define
class Clock:
    """Virtual time: it passes where a client sleeps, and nowhere else."""

    time: float = 1000.0
    slept: list[float] = field(factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)

    def polling(self, package: Package, kind: str, **options: Any) -> Any:
        return package.module.Polling(
            clock=lambda: self.time,
            time=lambda: self.time,
            random=lambda: 0.5,
            sleep=self.sleep if kind == "sync" else self.asleep,
            **options,
        )


@define
class User:
    """Uses one of the two clients; what is written once holds for both."""

    driver: Driver
    package: Package
    url: str
    clock: Clock = field(factory=Clock)
    options: dict[str, Any] = field(factory=dict)

    def run(self, use: Callable[[Any], Any]) -> Any:
        """What `use` returns, a function from a client to steps."""
        polling = self.clock.polling(self.package, self.driver.kind)
        options = {"polling": polling, **self.options}
        if self.driver.kind == "sync":
            with self.package.client(self.url, http_client=self.driver.http, **options) as client:
                return _run(use(client))

        async def finish(client: Any) -> Any:
            steps, result, error = use(client), None, None
            while True:
                try:
                    step = steps.throw(error) if error else steps.send(result)
                except StopIteration as end:
                    return end.value
                result = error = None
                try:
                    if hasattr(step, "__anext__"):
                        result = [x async for x in step]
                    else:
                        result = await step if hasattr(step, "__await__") else step
                except Exception as e:
                    error = e

        return self.driver._asynchronously(self.package, self.url, options, finish)

    def wait(self, call: Any, **options: Any) -> Any:
        """The result of a task, from its start on."""

        def use(client: Any) -> Steps:
            task = yield client.start(call)
            return (yield task.wait(**options))

        return self.run(use)

    def start(self, call: Any) -> Any:
        def use(client: Any) -> Steps:
            return (yield client.start(call))

        return self.run(use)


def _run(steps: Any) -> Any:
    result: Any = None
    try:
        while True:
            result = steps.send(list(result) if hasattr(result, "__next__") else result)
    except StopIteration as end:
        return end.value


def example(workshop: Workshop, name: str) -> Package:
    made = workshop(yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text()))
    assert made.messages == []
    return made


def serve(server: Server, *bodies: Any) -> None:
    for body in bodies:
        server.answer(json.dumps(body))


def lines(server: Server) -> list[str]:
    return [r.line for r in server.requests]


# The styles of well-known services


def test_every_example_is_tested() -> None:
    assert {p.stem for p in EXAMPLES.glob("*.yaml")} == {
        "videos", "azure_style", "google_style", "accepted"
    }  # fmt: skip


def test_an_id_and_an_operation_that_polls(
    driver: Driver, workshop: Workshop, recorder: Server
) -> None:
    made = example(workshop, "videos")
    serve(
        recorder,
        {"id": "v/1", "status": "queued"},
        {"id": "v/1", "status": "in_progress", "progress": 40},
        {"id": "v/1", "status": "COMPLETED", "progress": 100, "url": "https://files/1"},
    )
    user = User(driver, made, recorder.url)
    video = user.wait(made.api().create_video(body={"prompt": "a"}))
    assert video == made.models.Video(
        id="v/1", status="COMPLETED", progress=100, url="https://files/1"
    )
    assert lines(recorder) == ["POST /videos", "GET /videos/v%2F1", "GET /videos/v%2F1"]
    # After half of the usual duration, then every twentieth of the time that has passed.
    assert user.clock.slept == [30.0, 1.5]


def test_a_url_in_a_header_and_the_resource_in_the_end(
    driver: Driver, workshop: Workshop, recorder: Server
) -> None:
    made = example(workshop, "azure_style")
    asynchronous = {"Azure-AsyncOperation": f"{recorder.url}/operations/7?v=1", "Retry-After": "7"}
    recorder.answer("{}", status=201, headers=asynchronous)
    recorder.answer('{"status": "InProgress"}', headers={"Retry-After": "3"})
    serve(recorder, {"status": "Succeeded"}, {"name": "d", "size": 4})
    user = User(driver, made, recorder.url + "/v1")
    disk = user.wait(made.api().disks_create_or_update("d", body={"size": 4}))
    assert disk == made.models.Disk(name="d", size=4)
    assert lines(recorder) == [
        "PUT /v1/disks/d", "GET /operations/7?v=1", "GET /operations/7?v=1", "GET /v1/disks/d",
    ]  # fmt: skip
    assert user.clock.slept == [7.0, 3.0]


def test_the_other_ways_of_azure(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """The state in the resource; a Location that moves; an end at once."""
    made = example(workshop, "azure_style")
    user = User(driver, made, recorder.url)
    put = made.api().disks_create_or_update("d", body={})
    state = {"properties": {"provisioningState": "Creating"}}
    serve(recorder, state, state, {"size": 1, "properties": {"provisioningState": "Succeeded"}})
    assert user.wait(put).size == 1
    assert lines(recorder) == ["PUT /disks/d", "GET /disks/d", "GET /disks/d"]
    recorder.forget()
    recorder.answer("", status=202, headers={"Location": "/a"})
    recorder.answer("", status=202, headers={"Location": "/b"})
    serve(recorder, {"url": "https://x"})
    export = made.api().disks_export("d")
    assert user.wait(export) == made.models.Export(url="https://x")
    assert lines(recorder) == ["POST /disks/d/export", "GET /a", "GET /b"]
    recorder.forget()
    serve(recorder, {"url": "https://y"})
    assert user.wait(export).url == "https://y"
    assert len(recorder.requests) == 1
    recorder.answer("", status=202, headers={"Azure-AsyncOperation": "/o", "Location": "/l"})
    serve(recorder, {"status": "Canceled", "error": {"message": "by you"}})
    with pytest.raises(made.errors.TaskCancelledError) as caught:
        user.wait(export)
    assert caught.value.details == {"message": "by you"}


def test_an_operation_with_a_name(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """What has the default value is left out in the JSON of proto3."""
    made = example(workshop, "google_style")
    name = {"name": "operations/a b"}
    done = {**name, "done": True, "response": {"@type": "x", "title": "t"}}
    serve(recorder, name, {**name, "metadata": {"progressPercent": "5"}}, done)
    user = User(driver, made, recorder.url + "/v1")
    dataset = user.wait(made.api().create_dataset(body={"title": "t"}))
    assert isinstance(dataset, made.models.Dataset)
    assert dataset.title == "t"
    assert lines(recorder) == ["POST /v1/datasets", *["GET /v1/operations/a%20b"] * 2]
    serve(recorder, name, {**name, "done": True, "error": {"code": 3, "message": "too small"}})
    with pytest.raises(made.errors.TaskFailedError, match="too small") as caught:
        user.wait(made.api().create_dataset())
    assert caught.value.details == {"code": 3, "message": "too small"}


def test_202_with_a_location(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """Relative to the request, as those of redirects are."""
    made = example(workshop, "accepted")
    recorder.answer("", status=202, headers={"Location": "reports/5", "Retry-After": "2"})
    recorder.answer("", status=202)
    serve(recorder, {"rows": 3})
    user = User(driver, made, recorder.url + "/api")
    assert user.wait(made.api().create_report(body={"year": 2020})) == made.models.Report(rows=3)
    assert lines(recorder) == ["POST /api/reports", *["GET /api/reports/5"] * 2]


def test_the_result_at_another_location(
    driver: Driver, workshop: Workshop, recorder: Server
) -> None:
    """A task that moves, and in the end a 303 (RFC 9110, section 15.4.4); both relative to what was polled."""
    made = example(workshop, "accepted")
    recorder.answer("", status=202, headers={"Location": "/states/5/a"})
    recorder.answer("", status=202, headers={"Location": "b"})
    recorder.answer("", status=303, headers={"Location": "../../reports/5?v=1"})
    serve(recorder, {"rows": 3})
    user = User(driver, made, recorder.url)
    assert user.wait(made.api().create_report()) == made.models.Report(rows=3)
    targets = [r.target for r in recorder.requests]
    assert targets == ["/reports", "/states/5/a", "/states/5/b", "/reports/5?v=1"]


# Tasks


def test_what_a_task_tells(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = example(workshop, "videos")
    user = User(driver, made, recorder.url)
    serve(
        recorder,
        {"id": "v", "status": "queued"},
        {"id": "v", "status": "in_progress", "progress": 40},
        {"id": "v", "status": "dreaming", "progress": 50},
        {"id": "v", "status": "completed", "progress": 100},
    )

    def use(client: Any) -> Steps:
        task = yield client.start(made.api().create_video())
        assert (task.id, task.status, task.state, task.ended) == ("v", "queued", "pending", False)
        yield task.refresh()
        assert (task.status, task.progress, task.elapsed) == ("in_progress", 40, 0)
        events = yield task.events()
        result = yield task.wait()
        assert task.result() is result
        return task, events

    task, events = user.run(use)
    assert [(e.kind, e.status, e.state, e.changed) for e in events] == [
        ("status", "dreaming", "pending", True),
        ("end", "completed", "succeeded", True),
    ]
    texts = [entry.status for entry in task.timeline]
    assert texts == ["queued", "in_progress", "dreaming", "completed"]
    assert len(recorder.requests) == 4


def test_a_task_that_failed(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = example(workshop, "videos")
    user = User(driver, made, recorder.url)
    serve(
        recorder,
        {"id": "v", "status": "queued"},
        {"id": "v", "status": "failed", "error": {"code": "x", "message": "bad prompt"}},
    )
    with pytest.raises(made.errors.TaskFailedError, match="task v: failed: bad prompt") as caught:
        user.wait(made.api().create_video())
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.task_id, error.details) == ("v", {"code": "x", "message": "bad prompt"})
    assert error.task.status == "failed"
    assert isinstance(error, made.errors.APIError)


def test_to_cancel_a_task(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = example(workshop, "videos")
    serve(recorder, {"id": "v", "status": "queued"})
    recorder.answer("", status=204)
    serve(recorder, {"id": "v", "status": "cancelled"})

    def use(client: Any) -> Steps:
        task = yield client.start(made.api().create_video())
        yield task.cancel()
        return (yield task.wait())

    with pytest.raises(made.errors.TaskCancelledError):
        User(driver, made, recorder.url).run(use)
    assert lines(recorder) == ["POST /videos", "DELETE /videos/v", "GET /videos/v"]
    accepted = example(workshop, "accepted")
    recorder.answer("", status=202, headers={"Location": "/r"})

    def refuse(client: Any) -> Steps:
        task = yield client.start(accepted.api().create_report())
        yield task.cancel()

    with pytest.raises(accepted.errors.ConfigurationError, match="no operation that cancels"):
        User(driver, accepted, recorder.url).run(refuse)


def test_a_timeout_stops_waiting(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """The last lookup is shortly before it. The task goes on, here and in another process."""
    made = example(workshop, "videos")
    user = User(driver, made, recorder.url)
    serve(recorder, *[{"id": "v", "status": "queued"}] * 9)
    with pytest.raises(made.errors.WaitTimeoutError, match="stopped waiting after 40 s") as caught:
        user.wait(made.api().create_video(), timeout=40)
    assert 1038 <= user.clock.time <= 1040
    assert "again by its resume_token" in str(caught.value)
    assert caught.value.task.state == "pending"
    recorder.forget()
    serve(recorder, {"id": "v", "status": "completed", "url": "u"})
    task = pickle.loads(pickle.dumps(caught.value)).task
    with pytest.raises(made.errors.ConfigurationError, match="resume it"):
        task.elapsed  # noqa: B018

    def use(client: Any) -> Steps:
        assert (yield client.resume(task.resume_token).wait()).url == "u"

    user.run(use)
    assert lines(recorder) == ["GET /videos/v"]


def test_a_timeout_of_zero_is_one_lookup(
    driver: Driver, workshop: Workshop, recorder: Server
) -> None:
    made = example(workshop, "videos")
    user = User(driver, made, recorder.url)
    serve(recorder, *[{"id": "v", "status": "queued"}] * 2)
    with pytest.raises(made.errors.WaitTimeoutError):
        user.wait(made.api().create_video(), timeout=0)
    assert (len(recorder.requests), user.clock.slept) == (2, [])
    for options in ({"timeout": -1}, {"timeout": float("nan")}, {"interval": 0}):
        serve(recorder, {"id": "v", "status": "queued"})
        with pytest.raises(ValueError, match="a number of seconds"):
            user.wait(made.api().create_video(), **options)


def test_a_start_without_a_task(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """Errors are those of `send`. A success that does not say how to go on has the body with it."""
    for billable in (False, True):
        content = yaml.safe_load((EXAMPLES / "videos.yaml").read_text())
        content["paths"]["/videos"]["post"][EXTENSION]["billable"] = billable
        made = workshop(content)
        user = User(driver, made, recorder.url)
        recorder.answer("{}", status=402)
        with pytest.raises(made.errors.PaymentRequiredError):
            user.start(made.api().create_video())
        serve(recorder, {"ID": "v", "status": "queued"})
        kind = made.errors.AmbiguousStartError if billable else made.errors.DecodingError
        with pytest.raises(kind, match=r"no \$response.body#/id") as caught:
            user.start(made.api().create_video())
        error = caught.value.reason if billable else caught.value
        assert isinstance(error, made.errors.DecodingError)
        assert error.content == b'{"ID": "v", "status": "queued"}'


@pytest.mark.parametrize("billable", [True, False])
def test_a_billable_start_is_sent_once(
    driver: Driver, workshop: Workshop, recorder: Server, billable: bool
) -> None:
    """Also with an idempotency key, which allows retries otherwise; lookups are repeated."""
    content = yaml.safe_load((EXAMPLES / "videos.yaml").read_text())
    content["paths"]["/videos"]["post"]["x-orcagen-idempotency-key"] = {"header": "Key"}
    content["paths"]["/videos"]["post"][EXTENSION]["billable"] = billable
    made = workshop(content)
    retries = made.module.Retries(attempts=2, sleep=Clock().asleep if driver.kind == "async" else lambda _: None)  # fmt: skip
    user = User(driver, made, recorder.url, options={"retries": retries})
    recorder.raw(hang_up=True)
    serve(recorder, {"id": "v", "status": "queued"})
    if billable:
        with pytest.raises(made.errors.TransportError):
            user.start(made.api().create_video())
    else:
        assert user.start(made.api().create_video()).id == "v"
    assert len(recorder.requests) == (1 if billable else 2)


# Faults: what a wait outlives, and what ends it, whatever declares the task


@define
class Api:
    """A declaration with the responses that play a task."""

    name: str
    start: Callable[[Package], Any]
    accepted: dict[str, Any]
    location: str
    pending: dict[str, Any]
    unknown: dict[str, Any]
    failed: dict[str, Any]
    done: list[dict[str, Any]]
    foreign: dict[str, Any] | None


APIS = [
    Api(
        "videos",
        lambda made: made.api().create_video(),
        {"id": "v", "status": "queued"},
        "",
        {"id": "v", "status": "in_progress"},
        {"id": "v", "status": "thinking"},
        {"id": "v", "status": "failed", "error": {"message": "no luck"}},
        [{"id": "v", "status": "completed"}],
        {"id": "w", "status": "completed"},
    ),
    Api(
        "azure_style",
        lambda made: made.api().disks_create_or_update("d", body={}),
        {},
        "Azure-AsyncOperation",
        {"status": "InProgress"},
        {"status": "Thinking"},
        {"status": "Failed", "error": {"message": "no luck"}},
        [{"status": "Succeeded"}, {"name": "d"}],
        None,
    ),
    Api(
        "google_style",
        lambda made: made.api().create_dataset(),
        {"name": "operations/1"},
        "",
        {"name": "operations/1", "done": False},
        {"name": "operations/1", "done": "perhaps"},
        {"name": "operations/1", "done": True, "error": {"message": "no luck"}},
        [{"name": "operations/1", "done": True, "response": {"title": "t"}}],
        {"name": "operations/2", "done": True, "response": {"title": "t"}},
    ),
]
HTML = "<html>Not here</html>"


def play(recorder: Server, api: Api) -> None:
    """The start."""
    headers = {api.location: "/operations/1"} if api.location else {}
    recorder.answer(json.dumps(api.accepted), headers=headers)


def fault(recorder: Server, api: Api, name: str) -> None:
    match name:
        case "503":
            recorder.answer("{}", status=503, headers={"Retry-After": "9"})
        case "bad gateway":
            recorder.answer(HTML, status=502, media_type="text/html")
        case "cut connection":
            recorder.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", hang_up=True)
        case "no response":
            recorder.raw(hang_up=True)
        case "429":
            recorder.answer("{}", status=429, headers={"Retry-After": "9"})
        case "not JSON":
            recorder.answer(HTML, media_type="text/html")
        case "no status":
            serve(recorder, {"message": "busy"})
        case "proxy":
            recorder.answer(HTML, status=403, media_type="text/html")
        case "not found yet":
            recorder.answer('{"error": "unknown"}', status=404)
        case "unknown status":
            serve(recorder, api.unknown)
        case "foreign":
            serve(recorder, api.foreign)


OUTLIVED = (
    "503", "bad gateway", "cut connection", "no response", "429", "not JSON", "no status", "proxy", "not found yet",
    "unknown status", "foreign",
)  # fmt: skip


@pytest.mark.parametrize("name", OUTLIVED)
@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
def test_a_fault_that_a_wait_outlives(
    driver: Driver, workshop: Workshop, recorder: Server, api: Api, name: str
) -> None:
    if name == "foreign" and api.foreign is None:
        assert api.location  # what is polled is a URL: the body has no id to compare
        return
    made = example(workshop, api.name)
    user = User(driver, made, recorder.url)
    play(recorder, api)
    for _ in range(2):
        fault(recorder, api, name)
        serve(recorder, api.pending)
    fault(recorder, api, name)
    serve(recorder, *api.done)
    user.wait(api.start(made))
    assert len(recorder.requests) == 1 + 5 + len(api.done)
    if name in ("503", "429"):
        assert user.clock.slept.count(9.0) == 3


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
def test_a_task_that_fails_after_an_outage(
    driver: Driver, workshop: Workshop, recorder: Server, api: Api
) -> None:
    made = example(workshop, api.name)
    user = User(driver, made, recorder.url)
    play(recorder, api)
    for _ in range(8):
        fault(recorder, api, "bad gateway")
    serve(recorder, api.failed)
    with pytest.raises(made.errors.TaskFailedError, match="no luck"):
        user.wait(api.start(made))
    # The backoff doubles up to its maximum.
    assert user.clock.slept[-8:] == [1, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
def test_a_lookup_that_is_refused(
    driver: Driver, workshop: Workshop, recorder: Server, api: Api
) -> None:
    """By the service at once; by what may be a proxy after three in a row."""
    made = example(workshop, api.name)
    user = User(driver, made, recorder.url)
    play(recorder, api)
    recorder.answer('{"error": "no"}', status=401)
    with pytest.raises(made.errors.LookupFailedError, match="401") as caught:
        user.wait(api.start(made))
    assert isinstance(caught.value.reason, made.errors.AuthenticationError)
    assert caught.value.task.state == "pending"
    recorder.forget()
    play(recorder, api)
    for _ in range(3):
        fault(recorder, api, "proxy")
    with pytest.raises(made.errors.LookupFailedError, match="403"):
        user.wait(api.start(made))
    assert len(recorder.requests) == 4


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
def test_a_task_that_is_not_found(
    driver: Driver, workshop: Workshop, recorder: Server, api: Api
) -> None:
    """A fresh one for half a minute; one of another process at once."""
    made = example(workshop, api.name)
    user = User(driver, made, recorder.url)
    play(recorder, api)
    for _ in range(20):
        fault(recorder, api, "not found yet")
    with pytest.raises(made.errors.TaskNotFoundError):
        user.wait(api.start(made))
    begin = user.clock.slept[0]
    assert 30 <= user.clock.time - 1000 - begin <= 60
    recorder.forget()
    play(recorder, api)
    fault(recorder, api, "not found yet")

    def use(client: Any) -> Steps:
        task = yield client.start(api.start(made))
        user.clock.time += 700
        return (yield client.resume(task.resume_token).wait())

    with pytest.raises(made.errors.TaskNotFoundError):
        user.run(use)
    assert len(recorder.requests) == 2


def test_only_other_tasks(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    made = example(workshop, "videos")
    user = User(driver, made, recorder.url)
    serve(recorder, {"id": "v", "status": "queued"})
    serve(recorder, *[{"id": "w", "status": "completed"}] * 10)
    with pytest.raises(made.errors.LookupFailedError, match="about another task: w"):
        user.wait(made.api().create_video())


@pytest.mark.parametrize("url", ["http://other.example/1", "//other.example/1", "https://127.0.0.1:{port}/1", "ftp:x",
                                 "http://u:p@127.0.0.1:{port}/1"])  # fmt: skip
def test_a_url_at_another_origin_is_not_polled(
    driver: Driver, workshop: Workshop, recorder: Server, url: str
) -> None:
    """The task is not lost: the error has it."""
    made = example(workshop, "accepted")
    user = User(driver, made, recorder.url)
    location = url.format(port=recorder.port)
    recorder.answer("", status=202, headers={"Location": location})
    with pytest.raises(made.errors.LookupFailedError, match="cannot be made") as caught:
        user.wait(made.api().create_report())
    assert caught.value.task_id == location
    assert len(recorder.requests) == 1


def test_a_result_that_cannot_be_had(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """After an outage of the result alone; the wait can be repeated."""
    made = example(workshop, "azure_style")
    user = User(driver, made, recorder.url)
    play(recorder, APIS[1])
    serve(recorder, {"status": "Succeeded"})
    fault(recorder, APIS[1], "503")
    recorder.answer("{}", status=404)
    serve(recorder, {"size": 1})

    def use(client: Any) -> Steps:
        task = yield client.start(made.api().disks_create_or_update("d", body={}))
        with pytest.raises(made.errors.TaskResultError, match="404"):
            yield task.wait()
        assert task.ended
        return (yield task.wait())

    assert user.run(use).size == 1
    google = example(workshop, "google_style")
    serve(recorder, {"name": "operations/1"}, {"name": "operations/1", "done": True})
    with pytest.raises(google.errors.TaskResultError, match="no result at"):
        User(driver, google, recorder.url).wait(google.api().create_dataset())


# Many tasks


@define
class Service:
    """A server of videos that plays a list of responses for each id."""

    recorder: Server
    plans: dict[str, list[Any]]

    def __enter__(self) -> Service:
        self.recorder.respond = self._respond
        return self

    def __exit__(self, *_: object) -> None:
        self.recorder.respond = None

    def _respond(self, line: str) -> tuple[int, Any, dict[str, str]]:
        plan = self.plans[line.rpartition("/")[2]]
        step = plan.pop(0) if len(plan) > 1 else plan[0]
        id_ = line.rpartition("/")[2]
        if isinstance(step, str):
            return 200, {"id": id_, "status": step}, {}
        return step, {}, {"Retry-After": "50"} if step == 429 else {}


def test_many_tasks_at_once(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """Each comes when it has ended, whatever its end is; more can be added meanwhile."""
    made = example(workshop, "videos")
    plans: dict[str, list[Any]] = {
        "a": ["queued"] * 3 + ["completed"],
        "b": ["completed"],
        "c": ["queued", "failed"],
        "d": ["completed"],
    }
    user = User(driver, made, recorder.url)

    def use(client: Any) -> Steps:
        operation = made.api().create_video
        tasks = [client.resume(name, operation) for name in "abc"]
        waiting = client.as_completed(tasks)
        order = []
        while True:
            try:
                task = yield (waiting.__anext__() if driver.kind == "async" else next(waiting))
            except (StopIteration, StopAsyncIteration):
                break
            order.append(task.id)
            if task.id == "b":
                waiting.add(client.resume("d", operation))
        for task in tasks[:2]:
            assert task.result().status == "completed"
        with pytest.raises(made.errors.TaskFailedError):
            tasks[2].result()
        return order

    with Service(recorder, plans):
        order = user.run(use)
        # Which response of those in flight comes first is for the network to decide.
        assert sorted(order) == ["a", "b", "c", "d"]
        assert order.index("b") < order.index("d")


def test_to_wait_for_all(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """In their order; with one deadline, after which none is lost."""
    made = example(workshop, "videos")
    plans: dict[str, list[Any]] = {"a": ["queued"], "b": ["queued", "completed"], "c": [401]}
    user = User(driver, made, recorder.url)
    events: list[Any] = []

    def use(client: Any) -> Steps:
        tasks = [client.resume(name, made.api().create_video) for name in "abc"]
        return (yield client.wait_all(tasks, timeout=60, on_event=events.append))

    with Service(recorder, plans):
        tasks = user.run(use)
    assert [t.id for t in tasks] == ["a", "b", "c"]
    kinds = [type(t.error).__name__ for t in tasks]
    assert kinds == ["WaitTimeoutError", "NoneType", "LookupFailedError"]
    assert {e.task_id for e in events} == {"a", "b", "c"}
    assert user.clock.time <= 1060


def test_one_pause_for_all(driver: Driver, workshop: Workshop, recorder: Server) -> None:
    """A 429 on one request stops all of them for as long as its Retry-After asks."""
    made = example(workshop, "videos")
    plans: dict[str, list[Any]] = {f"t{n}": ["queued", "completed"] for n in range(6)}
    plans["t0"] = ["queued", 429, "completed"]
    user = User(driver, made, recorder.url)
    times: list[float] = []

    def use(client: Any) -> Steps:
        tasks = [client.resume(name, made.api().create_video) for name in plans]
        on_event = lambda e: times.append(user.clock.time) if e.kind != "lookup_failed" else None  # noqa: E731
        return (yield client.wait_all(tasks, max_concurrency=1, on_event=on_event))

    with Service(recorder, plans):
        assert [t.error for t in user.run(use)] == [None] * 6
    before, after = [t for t in times if t < 1010], [t for t in times if t > 1050]
    assert (len(before), len(after)) == (6, 6)
    with pytest.raises(ValueError, match="max_concurrency"):
        user.run(lambda client: iter([client.as_completed([], max_concurrency=0)]))


# Other processes


def test_a_token_for_another_process(workshop: Workshop, recorder: Server, sync: Driver) -> None:
    """With the arguments of the start that lookups need, and without credentials."""
    made = workshop(projects({"poll": POLL, **STATUS, "result": "$response.body#/output"}))
    user = User(sync, made, recorder.url, options={"token": "secret"})
    serve(recorder, {"id": 5, "status": "running"})
    task = user.start(made.api("jobs").create_job("p/1"))
    program = f"""
import sys
from {made.name} import Client
with Client({recorder.url!r}, token="other") as client:
    print(client.resume(sys.argv[1]).wait())
"""
    serve(recorder, {"id": 5, "status": "done", "output": {"text": "x"}})
    done = subprocess.run(
        [sys.executable, "-c", program, task.resume_token],
        env={"PYTHONPATH": str(workshop.root)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("Output(text='x')\n", "")
    assert recorder.last.line == "GET /projects/p%2F1/jobs/5"
    assert recorder.last.header("authorization") == "Bearer other"
    import base64

    encoded = task.resume_token.removeprefix("task1.")
    assert b"secret" not in base64.urlsafe_b64decode(encoded + "===")


def test_a_token_that_cannot_be_resumed(workshop: Workshop, recorder: Server, sync: Driver) -> None:
    made = workshop(projects({"poll": POLL, **STATUS}))
    serve(recorder, {"id": 5, "status": "running"})
    token = User(sync, made, recorder.url).start(made.api("jobs").create_job("p")).resume_token
    error = made.errors.ConfigurationError
    with made.client("http://other.example") as other, pytest.raises(error, match="was started at"):
        other.resume(token)
    with made.client(recorder.url) as client:
        jobs = made.api("jobs")
        for text, operation, problem in (
            (token[:-9], None, "damaged"),
            ("task1.e30", None, "damaged"),
            (token, made.api("other").get_job, "not of other.get_job"),
            ("5", None, "needs the operation"),
            ("5", jobs.create_job, "id alone is not enough"),  # the project is missing
        ):
            with pytest.raises(error, match=problem):
                client.resume(text, operation)
        assert client.resume(token, jobs.create_job).id == "5"


# Declarations


JOB = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "integer"},
        "status": {"type": "string", "enum": ["running", "done", "broken"]},
        "output": {"$ref": "#/components/schemas/Output"},
        "note": {"type": ["string", "null"]},
    },
}
OUTPUT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
POLL = {
    "operationId": "getJob",
    "parameters": {"project": "$request.path.project", "job": "$response.body#/id"},
}
STATUS = {"status": "$response.body#/status", "succeeded": ["done"], "failed": "broken"}


def projects(extension: Any, name: str = EXTENSION, **start: Any) -> dict[str, Any]:
    """A document in which `createJob` starts a job of a project."""
    ok = {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}}  # fmt: skip

    def path_parameter(name: str) -> dict[str, Any]:
        return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}

    declaration = {} if extension is None else {name: extension}
    query = {"name": "verbose", "in": "query", "schema": {"type": "boolean"}}
    return document(
        {
            "paths": {
                "/projects/{project}/jobs": {
                    "parameters": [path_parameter("project")],
                    "post": {
                        "operationId": "createJob",
                        "tags": ["jobs"],
                        "responses": {"200": ok},
                        **start,
                        **declaration,
                    },
                },
                "/projects/{project}/jobs/{job}": {
                    "parameters": [path_parameter("project"), path_parameter("job")],
                    "get": {
                        "operationId": "getJob",
                        "tags": ["other"],
                        "parameters": [query],
                        "responses": {"200": ok},
                    },
                },
                "/job-states": {
                    "post": {
                        "operationId": "findJob",
                        "requestBody": {
                            "required": True,
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        },
                        "responses": {"200": ok},
                    },
                },
            },
            "components": {
                "schemas": {"Job": JOB, "Output": OUTPUT},
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"key": []}, {}],
        }
    )


@pytest.mark.parametrize(
    ("poll", "line"),
    [
        (POLL, "GET /projects/p/jobs/5"),
        ({**POLL, "parameters": {"path.project": "a-{$request.path.project}", "job": "x{$response.body#/id}", "verbose": True}},
         "GET /projects/a-p/jobs/x5?verbose=true"),
        ({"operationRef": "#/paths/~1projects~1{project}~1jobs~1{job}/get", "parameters": POLL["parameters"]},
         "GET /projects/p/jobs/5"),
        ({"operationId": "findJob", "requestBody": {"ids": ["$response.body#/id"]}}, "POST /job-states"),
        ("/projects/{$request.path.project}/jobs/{$response.body#/id}?a=b", "GET /projects/p/jobs/5?a=b"),
        ("$response.body#/note", "GET /elsewhere?x=%20y"),
        ({"link": "State"}, "GET /projects/p/jobs/5"),
        ([{"url": "$response.header.Location"}, POLL], "GET /projects/p/jobs/5"),
    ],
)  # fmt: skip
def test_ways_to_poll(
    driver: Driver, workshop: Workshop, recorder: Server, poll: Any, line: str
) -> None:
    content = projects({"poll": poll, **STATUS, "id": "$response.body#/id"})
    start = content["paths"]["/projects/{project}/jobs"]["post"]
    start["responses"]["200"] = {**start["responses"]["200"], "links": {"State": {"$ref": "#/components/links/State"}}}  # fmt: skip
    content["components"]["links"] = {"State": {**POLL, "description": "x"}}
    made = workshop(content)
    assert made.messages == []
    serve(
        recorder,
        {"id": 5, "status": "running", "note": "/elsewhere?x= y"},
        {"id": 5, "status": "done"},
    )
    User(driver, made, recorder.url).wait(made.api("jobs").create_job("p"))
    assert recorder.last.line == line
    if line.startswith("POST"):
        assert json.loads(recorder.last.body) == {"ids": [5]}


def test_the_result_of_another_operation(
    driver: Driver, workshop: Workshop, recorder: Server
) -> None:
    """Also bytes, and with what the last lookup says."""
    content = projects(
        {
            "poll": POLL,
            **STATUS,
            "result": {"operationId": "getFile", "parameters": {"name": "$response.body#/note"}},
        }
    )
    content["paths"]["/files/{name}"] = {
        "get": {
            "operationId": "getFile",
            "parameters": [
                {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {"200": {"description": "", "content": {"video/mp4": {}}}},
        }
    }
    made = workshop(content)
    serve(recorder, {"id": 5, "status": "running"}, {"id": 5, "status": "done", "note": "n 1"})
    recorder.answer(b"\0mp4", media_type="video/mp4")
    result = User(driver, made, recorder.url).wait(made.api("jobs").create_job("p"))
    assert (result, recorder.last.line) == (b"\0mp4", "GET /files/n%201")


@pytest.mark.parametrize(
    ("extension", "problem"),
    [
        ([], "not an object"),
        ({}, "how to `poll`"),
        ({"poll": POLL, "stat": 1}, "unknown key 'stat'"),
        ({"poll": 1}, "`poll` must be"),
        ({"poll": {**POLL, "url": "$url"}}, "either an `operationId` or a `url`"),
        ({"poll": {"operationId": "getJob", "parameter": {}}}, "unknown key 'parameter'"),
        ({"poll": "$response.bod#/x"}, "no runtime expression"),
        ({"poll": "https://other.example/{$response.body#/id}"}, "a path of this API"),
        ({"poll": {"link": "Next"}}, "no success has the link 'Next'"),
        ({"poll": POLL, "status": "$request.path.job"}, "must be in the response"),
        ({"poll": POLL, **STATUS, "succeeded": [None]}, "words of the status"),
        ({"poll": POLL, **STATUS, "interval": "5"}, "`interval` must be a positive number"),
        ({"poll": POLL, **STATUS, "billable": "yes"}, "`billable` must be true or false"),
        ({"poll": {"operationId": "getJobs"}}, "there is no operation 'getJobs'"),
        ({"poll": {"operationRef": "#/paths/~1x/get"}}, "there is no operation '#/paths/~1x/get'"),
        ({"poll": {"operationId": "getJob"}, **STATUS}, "does not have the parameter 'project'"),
        ({"poll": {**POLL, "parameters": {"id": "$url"}}, **STATUS}, "no parameter 'id'"),
        ({"poll": {**POLL, "requestBody": {}}, **STATUS}, "'getJob' has no request body"),
        ({"poll": {"operationId": "findJob"}, **STATUS}, "the request body of 'findJob'"),
        ({"poll": {**POLL, "parameters": {"project": "$request.path.p", "job": "1"}}, **STATUS},
         "`poll`, $request.path.p, is not in the request"),
        ({"poll": {**POLL, "parameters": {"project": "x", "job": "$response.body#/ID"}}, **STATUS},
         "`poll`, /ID, is not in the response"),
        ({"poll": POLL, **STATUS, "status": "$response.body#/state"}, "`status`, /state, is not in the response"),
        ({"poll": POLL, "status": "$response.body#/status"}, "which status means `succeeded`"),
        ({"poll": POLL, **STATUS, "succeeded": "Finished"}, "`succeeded`, finished, is no value of the status: broken, done, running"),
        ({"poll": POLL, **STATUS, "progress": "$response.body#/a/b"}, "`progress`, /a/b"),
        ({"poll": POLL, **STATUS, "error": "$response.body#/error"}, "`error`, /error"),
        ({"poll": POLL, **STATUS, "failed": "$response.body#/error"}, "`status`, /error"),
        ({"poll": POLL, **STATUS, "retryAfter": "$response.body#/wait"}, "`retryAfter`, /wait"),
        ({"poll": POLL, **STATUS, "result": "$response.body#/result"}, "`result`, /result"),
        ({"poll": POLL, **STATUS, "id": "$response.body#/uid"}, "`id`, /uid"),
        ({"poll": POLL, **STATUS, "cancel": {"operationId": "cancel"}}, "there is no operation 'cancel'"),
        ({"poll": POLL, **STATUS, "resultSchema": "#/components/schemas/None"}, "no component schema 'None'"),
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_work(workshop: Workshop, extension: Any, problem: str) -> None:
    made = workshop(projects(extension))
    diagnostic = found(made.made.diagnostics, "the long-running operation")
    assert problem in diagnostic.message
    assert diagnostic.pointer == f"/paths/~1projects~1{{project}}~1jobs/post/{EXTENSION}"
    assert diagnostic.line
    assert diagnostic.action == "the operation starts no task"
    assert type(made.api("jobs").create_job("p")).__name__ == "Call"
    assert not (made.folder / "_runtime" / "tasks.py").exists()


@pytest.mark.parametrize("kind", ["page", "stream"])
def test_an_operation_that_cannot_start_tasks(workshop: Workshop, kind: str) -> None:
    more: dict[str, Any] = {"x-orcagen-pagination": {"kind": "link", "items": ""}}
    items = {"type": "array", "items": JOB}
    media_type = "application/json"
    if kind == "stream":
        more, media_type = {}, "application/jsonl"
    response = {"description": "", "content": {media_type: {"schema": items}}}
    made = workshop(projects({"poll": POLL, **STATUS}, responses={"200": response}, **more))
    assert "paginated, or can be streamed" in found(made.made.diagnostics, "long-running").message


def test_nothing_is_used_unasked(workshop: Workshop) -> None:
    """Not links, not 202, and no extension that is false."""
    link = {"Get": POLL}
    for extension, name in ((None, EXTENSION), (False, EXTENSION), (False, "x-ms-long-running-operation")):  # fmt: skip
        content = projects(extension, name)
        content["paths"]["/projects/{project}/jobs"]["post"]["responses"]["202"] = {
            "description": "", "links": link, "headers": {"Location": {"schema": {"type": "string"}}},
        }  # fmt: skip
        made = workshop(content)
        assert made.messages == []
        assert type(made.api("jobs").create_job("p")).__name__ == "Call"
        assert not hasattr(made.part("client").Client, "start")


@pytest.mark.parametrize(
    "name", ["createJob", "POST /projects/{project}/jobs", "#/paths/~1projects~1{project}~1jobs/post"]
)  # fmt: skip
def test_a_declaration_in_the_settings(
    workshop: Workshop, sync: Driver, recorder: Server, tmp_path: Path, name: str
) -> None:
    text = f"""
[long_running.{json.dumps(name)}]
poll = {{operationId = "getJob", parameters = {{project = "x", job = "$response.body#/id"}}}}
status = "$response.body#/status"
succeeded = ["done"]
"""
    (tmp_path / "orcagen.toml").write_text(text)
    made = workshop(projects(None), config=read_config(tmp_path / "orcagen.toml", "x"))
    serve(recorder, {"id": 5, "status": "running"}, {"id": 5, "status": "done"})
    User(sync, made, recorder.url).wait(made.api("jobs").create_job("p"))
    assert recorder.last.line == "GET /projects/x/jobs/5"


def test_settings_that_name_no_operation(workshop: Workshop) -> None:
    from orcagen.diagnostics import InputError

    with pytest.raises(InputError, match="has no operation 'createJobs'"):
        workshop(projects(None), config=Config(long_running={"createJobs": {"poll": POLL}}))
    wrong = Config(long_running={"createJob": {"poll": {"operationId": "x"}, **STATUS}})
    diagnostic = found(workshop(projects(None), config=wrong).made.diagnostics, "long-running")
    assert diagnostic.pointer == "/paths/~1projects~1{project}~1jobs/post"


# Types


def check_with_pyright(folder: Path, right: Path, wrong: Path) -> set[int]:
    """The lines with errors of the wrong program; the right one has none."""
    settings = {"typeCheckingMode": "strict", "include": [right.name, wrong.name]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [str(Path(sys.executable).with_name("basedpyright")), "--project", str(folder)]
    done = subprocess.run(
        [*command, "--pythonpath", sys.executable, "--level", "error", "--outputjson"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    errors = json.loads(done.stdout)["generalDiagnostics"]
    assert [e["message"] for e in errors if e["file"].endswith(right.name)] == []
    return {e["range"]["start"]["line"] + 1 for e in errors}


def test_types(workshop: Workshop) -> None:
    made = workshop(projects({"poll": POLL, **STATUS, "result": "$response.body#/output"}))
    program = f"""
from {made.name} import AsyncClient, AsyncTask, Client, Polling, Task, models
from {made.name}.api import jobs
from {made.name}.errors import AmbiguousStartError, TaskFailedError, WaitTimeoutError


class Own(Task[int]):
    pass


client = Client("http://x", polling=Polling(interval=2))
task: Task[models.Output] = client.start(jobs.create_job("p"))
reveal_type(task)
reveal_type(task.wait(60))
reveal_type(client.jobs.create_job("p"))
reveal_type(client.resume("x", jobs.create_job))
reveal_type(client.resume("x"))
reveal_type(client.start(jobs.create_job("p"), task_class=Own))
reveal_type(client.resume("x", jobs.create_job, task_class=Own).wait())
reveal_type(client.resume("x", jobs.create_job, started_at=1.0))
reveal_type(client.wait_all([client.resume("x", jobs.create_job, task_class=Own)]))
reveal_type([t.result().text for t in client.as_completed([task])])
reveal_type(client.wait_all([task]))
for event in task.events():
    reveal_type(event.progress)
try:
    task.refresh().cancel()
except (TaskFailedError, WaitTimeoutError) as error:
    reveal_type(error.task.resume_token)
except AmbiguousStartError as error:
    reveal_type(error.digest)

async def use(client: AsyncClient) -> models.Output:
    task: AsyncTask[models.Output] = await client.start(jobs.create_job("p"))
    reveal_type(task)
    reveal_type(await client.wait_all([task]))
    async for done in client.as_completed([task]):
        reveal_type(done.result())
    async for event in task.events(timeout=5):
        reveal_type(event.next_poll)
    return await task.wait(on_event=print)
"""
    path = workshop.root / f"use_{made.name}.py"
    path.write_text(program)
    options = ["--strict", "--no-error-summary", "--show-error-codes", "--python-version=3.11"]
    out, err, _ = mypy.run([*options, str(path)])
    notes = [line.partition("Revealed type is ")[2].strip('"') for line in out.splitlines() if "Revealed" in line]  # fmt: skip
    assert "error" not in out, out
    assert err == ""
    names = [n.replace(f"{made.name}.", "").replace("_runtime.tasks.", "").replace("models.job.", "").replace("models.output.", "").replace("use_Own", "Own") for n in notes]  # fmt: skip
    assert names == [
        "Task[Output]", "Output", "Job", "Task[Output]", "Task[Any]", "Own", "int", "Task[Output]", "list[Own]",
        "list[str]", "list[Task[Output]]", "float | None", "str", "str", "AsyncTask[Output]", "list[AsyncTask[Output]]", "Output",
        "float | None",
    ]  # fmt: skip
    wrong = f"""
from {made.name} import AsyncClient, Client
from {made.name}.api import jobs, other

client = Client("http://x")
client.start(other.get_job("p", "j"))
task = client.start(jobs.create_job("p"))
text: str = task.wait()
task.wait(timeout="5")
client.resume("x", other.get_job)
client.wait_all([1])
Client("http://x", polling=5)

async def use(client: AsyncClient) -> None:
    (await client.start(jobs.create_job("p"))).wait().text
"""
    right = workshop.root / f"right_{made.name}.py"
    right.write_text(
        "\n".join(line.replace("reveal_type", "print") for line in program.splitlines())
    )
    path.write_text(wrong)
    assert check_with_pyright(workshop.root, right, path) == {6, 8, 9, 10, 11, 12, 15}
    out, _, _ = mypy.run([*options, str(path)])
    assert [int(line.split(":")[1]) for line in out.splitlines() if ": error:" in line] == [
        6, 8, 9, 10, 11, 12, 15,
    ]  # fmt: skip
