"""The progress of waits and downloads in notebooks. IPython is replaced by what generated clients use of it."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import define, field
from tests.support import Driver, Package, Server, Workshop, document

from orcagen.config import Config

API = """
paths:
  /jobs:
    post:
      operationId: createJob
      responses:
        "201": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}
      x-orcagen-long-running-operation:
        poll: {operationId: getJob, parameters: {id: $response.body#/id}}
        status: $response.body#/state
        pending: [WAITS, STILL_RUNS]
        succeeded: [done]
        failed: [broken]
        progress: $response.body#/percent
        error: $response.body#/reason
  /jobs/{id}:
    get:
      operationId: getJob
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: "", content: {application/json: {schema: {$ref: "#/components/schemas/Job"}}}}
  /files/{id}:
    get:
      operationId: getFile
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: "", content: {application/octet-stream: {}}}}
components:
  schemas:
    Job:
      type: object
      properties: {id: {type: string}, state: {type: string}, percent: {type: integer}, reason: {type: string}}
"""


class Publisher(list[tuple[str, str, str, bool]]):
    """A display publisher of IPython that records plain text, HTML, display id and whether it is an update."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def publish(self, data: dict[str, str], *, transient: dict[str, str], update: bool) -> None:
        with self._changed:
            self.append((data["text/plain"], data["text/html"], transient["display_id"], update))
            self._changed.notify_all()

    def wait_for(self, text: str) -> bool:
        """Whether a text is published, now or within some seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: any(text == each[0] for each in self), 20)

    @property
    def texts(self) -> list[str]:
        return [each[0] for each in self]


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Publisher:
    publisher = Publisher()
    shell = SimpleNamespace(kernel=object(), display_pub=publisher)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return publisher


@pytest.fixture
def made(workshop: Workshop) -> Iterator[Package]:
    package = workshop(document(API), config=Config(downloads=True))
    yield package
    package.module.configure_notebook(progress=True)


@define
class User:
    """Uses one of the two clients. Its time passes where it sleeps, and nowhere else."""

    driver: Driver
    package: Package
    url: str
    time: float = field(default=1000.0)

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)

    def run(self, sync: Callable[[Any], Any], asynchronous: Callable[[Any], Any]) -> Any:
        """What one of the functions returns for a client."""
        is_sync = self.driver.kind == "sync"
        polling = self.package.module.Polling(
            clock=lambda: self.time,
            time=lambda: self.time,
            random=lambda: 0.5,
            sleep=self.sleep if is_sync else self.sleep_async,
        )
        if not is_sync:
            options = {"polling": polling}
            return self.driver._asynchronously(self.package, self.url, options, asynchronous)
        with self.package.client(self.url, http_client=self.driver.http, polling=polling) as client:
            return sync(client)

    def wait(self, **options: Any) -> Any:
        """The result of a task, from its start on."""
        call = self.package.api().create_job()

        async def wait(client: Any) -> Any:
            return await (await client.start(call)).wait(**options)

        return self.run(lambda client: client.start(call).wait(**options), wait)

    def download(self, path: Path, **options: Any) -> Any:
        call = self.package.api().get_file("f")

        def download(client: Any) -> Any:
            return client.download(call, path, **options)

        return self.run(download, download)


@pytest.fixture
def user(driver: Driver, made: Package, recorder: Server) -> User:
    return User(driver, made, recorder.url)


def serve(recorder: Server, *jobs: dict[str, Any]) -> None:
    for job in jobs:
        recorder.answer(json.dumps({"id": "j", **job}))


STEPS: list[dict[str, Any]] = [
    {"state": "WAITS"},
    {"state": "STILL_RUNS", "percent": 40},
    {"state": "done"},
]


def test_a_wait_has_one_line_that_is_updated_in_place(
    user: User, recorder: Server, publisher: Publisher
) -> None:
    serve(recorder, *STEPS)
    seen: list[Any] = []
    user.wait(interval=3.0, on_event=seen.append)
    texts, html, ids, updates = zip(*publisher, strict=True)
    assert texts == ("j still runs, 3 s, about 40%", "j succeeded after 6 s")
    assert html == (
        '<div><progress value="0.400"></progress> j still runs, 3 s, about 40%</div>',
        "<div>j succeeded after 6 s</div>",
    )
    assert len({*ids}) == 1
    assert updates == (False, True)
    assert [each.kind for each in seen] == ["status", "end"]


def test_a_second_wait_shows_nothing(user: User, recorder: Server, publisher: Publisher) -> None:
    serve(recorder, *STEPS)
    call = user.package.api().create_job()

    def wait(client: Any) -> None:
        task = client.start(call)
        task.wait()
        publisher.clear()
        task.wait()

    async def wait_async(client: Any) -> None:
        task = await client.start(call)
        await task.wait()
        publisher.clear()
        await task.wait()

    user.run(wait, wait_async)
    assert publisher == []


def test_a_failure_is_in_one_line_and_escaped(
    user: User, recorder: Server, publisher: Publisher
) -> None:
    serve(
        recorder,
        {"id": "<i>\n7", "state": "WAITS"},
        {"id": "<i>\n7", "state": "broken", "reason": "<b>no\nroom</b>"},
    )
    with pytest.raises(user.package.errors.TaskFailedError):
        user.wait(interval=2.0)
    assert publisher[-1][:2] == (
        "<i> 7 failed: <b>no room</b> after 2 s",
        "<div>&lt;i&gt; 7 failed: &lt;b&gt;no room&lt;/b&gt; after 2 s</div>",
    )


def test_failed_lookups_are_shown_and_a_timeout_ends_the_line(
    user: User, recorder: Server, publisher: Publisher
) -> None:
    serve(recorder, STEPS[0])
    recorder.answer("{}", status=503)
    serve(recorder, *[STEPS[1]] * 9)
    with pytest.raises(user.package.errors.WaitTimeoutError):
        user.wait(timeout=10.0, interval=4.0)
    assert "; lookup failed, retrying: " in publisher[0][0]
    text, html, *_ = publisher[-1]
    assert text.startswith("j stopped waiting after ")
    assert text.endswith(" s; the task continues")
    assert html == f"<div>{text}</div>"


def test_many_tasks_have_one_line(
    user: User, recorder: Server, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = {"state": "STILL_RUNS"}
    lookups = {"a": [pending, {"state": "done"}], "b": [{"state": "broken"}], "c": []}
    names = iter(lookups)

    def respond(target: str) -> tuple[int, Any, dict[str, str]]:
        method, path = target.split()[:2]
        if method == "POST":
            return 201, {"id": next(names), "state": "WAITS"}, {}
        name = path.rpartition("/")[2]
        steps = lookups[name]
        return 200, {"id": name, **(steps.pop(0) if steps else pending)}, {}

    monkeypatch.setattr(recorder, "respond", respond)
    api = user.package.api()
    options: Any = {"timeout": 20.0, "interval": 5.0, "max_concurrency": 1}

    def wait(client: Any) -> list[Any]:
        tasks = [client.start(api.create_job()) for _ in lookups]
        return [task.state for task in client.wait_all(tasks, **options)]

    async def wait_async(client: Any) -> list[Any]:
        tasks = [await client.start(api.create_job()) for _ in lookups]
        return [task.state for task in await client.wait_all(tasks, **options)]

    assert user.run(wait, wait_async) == ["succeeded", "failed", "pending"]
    texts, html, ids, updates = zip(*publisher, strict=True)
    assert texts[0] == "1 still runs, 2 waiting"
    assert html[0].startswith('<div><progress value="0.000"></progress> ')
    assert (texts[-1], html[-1]) == (
        "1 failed, 1 not ended, 1 succeeded",
        "<div>1 failed, 1 not ended, 1 succeeded</div>",
    )
    assert len({*ids}) == 1
    assert updates == (False, *[True] * (len(updates) - 1))


def test_the_line_of_many_tasks_ends_with_the_iterator(
    user: User, recorder: Server, publisher: Publisher
) -> None:
    serve(recorder, {"id": "a", "state": "WAITS"}, {"id": "b", "state": "WAITS"})
    serve(recorder, {"id": "a", "state": "STILL_RUNS"}, {"id": "b", "state": "STILL_RUNS"})
    serve(recorder, {"id": "a", "state": "done"})
    api = user.package.api()
    options: Any = {"interval": 5.0, "max_concurrency": 1}

    def wait(client: Any) -> None:
        completed = client.as_completed([client.start(api.create_job()) for _ in "ab"], **options)
        assert next(completed).id == "a"
        completed.close()

    async def wait_async(client: Any) -> None:
        tasks = [await client.start(api.create_job()) for _ in "ab"]
        completed = client.as_completed(tasks, **options)
        assert (await anext(completed)).id == "a"
        await completed.aclose()

    user.run(wait, wait_async)
    assert publisher[-1][1] == "<div>1 not ended, 1 succeeded</div>"


def test_a_download_shows_its_bytes(
    user: User,
    recorder: Server,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(user.package.part("_runtime.notebook"), "_TICK", 0.001)
    recorder.answer(bytes(2048), media_type="application/octet-stream")

    def on_progress(received: int, total: int | None) -> None:
        assert publisher.wait_for(f"f.bin downloading, {received:,} bytes of {total:,}")

    assert user.download(tmp_path / "f.bin", on_progress=on_progress).size == 2048
    assert publisher[-1][:2] == (
        "f.bin downloaded, 2,048 bytes",
        "<div>f.bin downloaded, 2,048 bytes</div>",
    )
    assert len({each[2] for each in publisher}) == 1


def test_a_download_inside_of_a_wait_has_its_line(
    made: Package,
    recorder: Server,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """As a subclass of a task does that downloads its result."""
    notebook = made.part("_runtime.notebook")
    monkeypatch.setattr(notebook, "_TICK", 0.001)
    serve(recorder, STEPS[0], STEPS[2])
    recorder.answer(bytes(9), media_type="application/octet-stream")
    polling = made.module.Polling(interval=0.001)
    with made.client(recorder.url, polling=polling) as client:
        task = client.start(made.api().create_job())
        with notebook.follow_task(task):
            task.wait()
            client.download(
                made.api().get_file("f"),
                tmp_path / "f",
                on_progress=lambda *_: publisher.wait_for("j downloading, 9 bytes of 9"),
            )
    assert "j downloading, 9 bytes of 9" in publisher.texts
    assert publisher.texts[-1].startswith("j succeeded after ")
    assert len({each[2] for each in publisher}) == 1


def test_nothing_is_shown_on_terminals_or_when_it_is_turned_off(
    user: User, recorder: Server, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.package.module.configure_notebook(progress=False)
    serve(recorder, *STEPS)
    user.wait()
    user.package.module.configure_notebook(progress=True)
    terminal = SimpleNamespace(display_pub=publisher)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: terminal))
    serve(recorder, *STEPS)
    user.wait()
    monkeypatch.delitem(sys.modules, "IPython")
    before = {*sys.modules}
    serve(recorder, *STEPS)
    user.wait()
    assert publisher == []
    assert not {name for name in {*sys.modules} - before if name.startswith("IPython")}


@pytest.mark.parametrize("part", ["publish", "get_ipython"])
def test_what_fails_in_the_notebook_does_not_end_a_wait(
    user: User,
    recorder: Server,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
) -> None:
    owner: Any = publisher if part == "publish" else sys.modules["IPython"]
    monkeypatch.setattr(owner, part, lambda *_, **__: 1 / 0)
    serve(recorder, *STEPS)
    assert user.wait().state == "done"


def test_an_exception_of_a_callback_is_raised(
    user: User, recorder: Server, publisher: Publisher
) -> None:
    serve(recorder, *STEPS)
    with pytest.raises(ZeroDivisionError):
        user.wait(on_event=lambda _: 1 / 0)
    assert publisher[-1][0].startswith("j stopped waiting after ")


def test_only_packages_with_tasks_or_downloads_have_it(workshop: Workshop) -> None:
    content = document(API)
    files = workshop(content, config=Config(downloads=True)).made.files
    assert "_runtime/notebook.py" in files
    del content["paths"]["/jobs"]
    downloads = workshop(content, config=Config(downloads=True))
    assert "_runtime/notebook.py" in downloads.made.files
    assert "_runtime/base_task.py" not in downloads.made.files
    downloads.module.configure_notebook(progress=True)
    plain = workshop(content)
    assert "_runtime/notebook.py" not in plain.made.files
    assert "configure_notebook" not in dir(plain.module)
