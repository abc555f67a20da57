"""What notebooks show: the progress of waits, and videos. IPython is replaced by what the client uses of it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.client.batch_support import make_jobs, open_batch
from tests.client.support import KLING, AnyClient

from orcarouter import Download, Snapshot, notebook
from orcarouter.errors import TaskFailedError, WaitTimeoutError
from orcarouter.testing import Emulator, Fault, VirtualClock
from orcarouter_api._runtime import notebook as progress


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


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Publisher:
    publisher = Publisher()
    shell = SimpleNamespace(kernel=object(), display_pub=publisher)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    return publisher


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    notebook.configure(progress=True, videos=True)  # examples in the documentation change it
    yield
    notebook.configure(progress=True, videos=True)


def test_a_wait_shows_its_progress_in_place_and_ends_in_one_line(
    client: AnyClient, publisher: Publisher
) -> None:
    task = client.create(KLING)
    seen: list[Any] = []
    task.wait(interval=1.0, on_event=seen.append)
    texts, html, ids, updates = zip(*publisher, strict=True)
    assert len({*ids}) == 1
    assert updates == (False, *[True] * (len(updates) - 1))
    assert texts[0] == f"{task.id} in progress, 1 s, about 30%"
    assert all("<progress value=" in each for each in html[:-1])
    assert texts[-1].startswith(f"{task.id} succeeded after ")
    assert html[-1] == f"<div>{texts[-1]}</div>"
    assert seen[-1].kind == "end"
    publisher.clear()
    task.wait()  # it has ended: there is nothing to wait for
    assert publisher == []


def test_a_wait_that_fails_or_stops_says_so(
    client: AnyClient, server: Emulator[VirtualClock], publisher: Publisher
) -> None:
    server.script.add(Fault("submit", fail_reason="<b>blocked</b>"))
    task = client.create(KLING)
    with pytest.raises(TaskFailedError):
        task.wait()
    assert publisher[-1][0].startswith(f"{task.id} failed: <b>blocked</b> after ")
    assert "&lt;b&gt;blocked&lt;/b&gt;" in publisher[-1][1]
    task = client.create(KLING)
    with pytest.raises(WaitTimeoutError):
        task.wait(2.0, interval=1.0)
    assert publisher[-1][0] == f"{task.id} stopped waiting after 2 s; the task continues"


def test_a_download_shows_its_bytes_whether_it_waited_or_not(
    client: AnyClient, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(progress, "_TICK", 0.001)
    task = client.create(KLING)

    def on_progress(received: int, total: int | None) -> None:
        text = f"{task.id} downloading, {received:,} bytes of {total:,}"
        assert publisher.wait_for(text)

    task.download(tmp_path / "1.mp4", on_progress=on_progress)
    assert publisher[-1][0].startswith(f"{task.id} succeeded after ")
    assert len({each[2] for each in publisher}) == 1
    publisher.clear()
    task.download(tmp_path / "2.mp4", on_progress=on_progress)
    assert len({each[2] for each in publisher}) == 1
    assert publisher[-1][:2] == (f"{task.id} succeeded", f"<div>{task.id} succeeded</div>")


def test_a_wait_for_many_tasks_has_one_line(client: AnyClient, publisher: Publisher) -> None:
    tasks = [client.create(KLING) for _ in range(3)]
    client.run(client.client.wait_all([task.handle for task in tasks], interval=1.0))
    texts, html, ids, _ = zip(*publisher, strict=True)
    assert len({*ids}) == 1
    assert texts[0] == "1 in progress, 2 waiting"
    assert "<progress value=" in html[0]
    assert (texts[-1], html[-1]) == ("3 succeeded", "<div>3 succeeded</div>")


def test_a_batch_shows_its_progress_unless_it_has_a_callback(
    server: Emulator[VirtualClock], publisher: Publisher, tmp_path: Path
) -> None:
    with open_batch(server, tmp_path, make_jobs(3)) as batch:
        batch.run(workers=1)
    texts, html, ids, _ = zip(*publisher, strict=True)
    assert len({*ids}) == 1
    assert (texts[-1], html[-1]) == (
        "3 of 3 ended, 3 done",
        "<div>3 of 3 ended, 3 done</div>",
    )
    publisher.clear()
    with open_batch(server, tmp_path, make_jobs(5)) as batch:
        batch.run(on_progress=lambda _: None)
    assert publisher == []


def test_progress_can_be_turned_off_and_is_not_for_terminals(
    client: AnyClient, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook.configure(progress=False)
    client.create(KLING).wait()
    notebook.configure(progress=True)
    terminal = SimpleNamespace(display_pub=publisher)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: terminal))
    client.create(KLING).wait()
    assert publisher == []


def test_a_publisher_that_fails_does_not_end_a_wait(
    client: AnyClient, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "publish", lambda *_, **__: 1 / 0)
    assert client.create(KLING).wait().state == "succeeded"


def test_a_task_shows_its_status_then_its_video_then_the_file(
    client: AnyClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    task = client.create(KLING)
    assert task.handle._repr_html_() == f"<div><code>{task.id}</code> queued</div>"
    snapshot = task.wait()
    for item in (task.handle, snapshot):
        assert f'src="{escape(str(snapshot.video_url))}"' in item._repr_html_()
        assert "<video controls" in item._repr_html_()
    notebook.configure(videos=False)
    assert task.handle._repr_html_() == f"<div><code>{task.id}</code> succeeded</div>"
    notebook.configure(videos=True)
    download = task.download(Path("a kite.mp4"))
    for item in (task.handle, download):
        assert 'src="a%20kite.mp4"' in item._repr_html_()
        assert "http" not in item._repr_html_()
    Path("a kite.mp4").unlink()
    assert "http" in task.handle._repr_html_()


def test_text_of_the_service_is_escaped() -> None:
    snapshot = Snapshot(
        task_id="<i>", state="failed", status="FAILURE", failure='<script src="x"></script>'
    )
    assert snapshot._repr_html_() == (
        "<div><code>&lt;i&gt;</code> failed: &lt;script src=&quot;x&quot;&gt;&lt;/script&gt;</div>"
    )


def test_a_file_elsewhere_is_named_and_an_image_is_an_image(tmp_path: Path) -> None:
    other = Download(task_id="t", path=tmp_path / "<a>.mp4", size=1234, sha256="")
    assert other._repr_html_() == f"<div>{tmp_path}/&lt;a&gt;.mp4 (1,234 bytes)</div>"
    image = Download(task_id="t", path=Path("last.PNG"), size=1, sha256="")
    assert image._repr_html_().startswith('<img src="last.PNG"')
