"""Progress and videos in notebooks: Jupyter and whatever else runs IPython with a kernel.

Nothing needs to be installed or imported for it. The output of a cell, which is saved with the notebook, has the task's
id and status, for a downloaded file its name, and otherwise the URL of the video: whoever has it can get the video for
about a day. Videos themselves are not saved. `configure` turns either part off.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from orcarouter._redaction import redact

if TYPE_CHECKING:
    from orcarouter._downloads import Download
    from orcarouter._events import Event
    from orcarouter.batch import Progress
    from orcarouter.task import Snapshot

__all__ = ["configure"]

EventCallback = Callable[["Event"], object]
ProgressCallback = Callable[[int, "int | None"], object]

_shown = {"progress": True, "videos": True}
_IMAGES = (".png", ".jpg", ".jpeg", ".webp")
_TICK = 1.0  # seconds


def configure(*, progress: bool | None = None, videos: bool | None = None) -> None:
    """Choose what this process shows in notebooks; None leaves a setting as it is.

    Args:
        progress: Whether waits show their progress.
        videos: Whether tasks and downloads show their video; else they are shown as text.
    """
    changes = {"progress": progress, "videos": videos}
    _shown.update({name: value for name, value in changes.items() if value is not None})


@contextmanager
def follow(
    task_id: str, on_event: EventCallback | None, on_progress: ProgressCallback | None = None
) -> Iterator[tuple[EventCallback | None, ProgressCallback | None]]:
    """Show the progress of a wait and of a download.

    Gives the callbacks to pass to them, which call those given. Outside of notebooks they are those.
    """
    publish = _find_publisher()
    if publish is None:
        yield on_event, on_progress
        return
    line = _TaskLine(task_id, _Output(publish), on_event, on_progress)
    stopped = threading.Event()

    def tick() -> None:
        while not stopped.wait(_TICK):
            line.show()

    # Nothing is shown of a wait that ends before the first tick without an event: the task had ended before.
    thread = threading.Thread(target=tick, name="orcarouter-progress", daemon=True)
    thread.start()
    has_succeeded = False
    try:
        yield line.on_event, line.on_progress
        has_succeeded = True
    finally:
        stopped.set()
        thread.join()
        line.show_end(has_succeeded=has_succeeded)


def follow_all(task_ids: Iterable[str]) -> EventCallback | None:
    """A callback that shows the progress of a wait for many tasks; None outside of notebooks."""
    publish = _find_publisher()
    if publish is None:
        return None
    output = _Output(publish)
    states = dict.fromkeys(task_ids, "waiting")

    def callback(event: Event) -> None:
        snapshot = event.snapshot
        if event.kind == "end":
            states[event.task_id] = snapshot.state if snapshot and snapshot.ended else "not ended"
        elif snapshot is not None:
            states[event.task_id] = _describe_status(snapshot)
        counts = Counter(states.values())
        ended = counts["succeeded"] + counts["failed"] + counts["not ended"]
        text = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()) if count)
        output.show(text, bar=None if ended == len(states) else ended / len(states))

    return callback


def follow_batch() -> Callable[[Progress], object] | None:
    """A callback that shows the progress of a batch; None outside of notebooks."""
    publish = _find_publisher()
    if publish is None:
        return None
    output = _Output(publish)

    def callback(progress: Progress) -> None:
        ended = progress.total - progress.open
        output.show(str(progress), bar=ended / progress.total if progress.open else None)

    return callback


def snapshot_html(snapshot: Snapshot | None, task_id: str, download: Download | None = None) -> str:
    """A task: its video, or its status."""
    code = f"<code>{escape(task_id)}</code>"
    if snapshot is None:
        return f"<div>{code} not polled yet</div>"
    text = f"<div>{code} {escape(_describe(snapshot))}</div>"
    if not _shown["videos"] or snapshot.state != "succeeded":
        return text
    if download is not None and download.path.exists():
        return text + download_html(download)
    return text + _media_html(snapshot.video_url) if snapshot.video_url else text


def download_html(download: Download) -> str:
    """A downloaded file: the video, or an image. The page refers to the file and does not contain it."""
    path = download.path
    with suppress(ValueError):
        # Notebook servers serve what is beside the notebook, by a relative URL.
        path = path.resolve().relative_to(Path.cwd().resolve())
    text = f"<div>{escape(str(path))} ({download.size:,} bytes)</div>"
    if not _shown["videos"] or path.is_absolute():
        return text
    return _media_html(quote(path.as_posix()), is_image=path.suffix.lower() in _IMAGES) + text


def _media_html(url: str, *, is_image: bool = False) -> str:
    style = "max-width: 100%; max-height: 24em"
    if is_image:
        return f'<img src="{escape(url)}" style="{style}">'
    return f'<video controls preload="metadata" src="{escape(url)}" style="{style}"></video>'


def _find_publisher() -> Callable[..., Any] | None:
    """The function that publishes outputs of the notebook's cell; None outside of notebooks."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell: Any = get_ipython() if get_ipython is not None and _shown["progress"] else None
    # IPython on a terminal has no kernel, and would show the plain text again for each update.
    return None if getattr(shell, "kernel", None) is None else shell.display_pub.publish


class _Output:
    """An output of a cell that is updated in place."""

    def __init__(self, publish: Callable[..., Any]) -> None:
        self._publish = publish
        self._transient = {"display_id": uuid4().hex}
        self.is_shown = False
        self._lock = threading.Lock()

    def show(self, text: str, bar: float | None, *, is_busy: bool = False) -> None:
        """Show a line of text, with a bar unless `bar` is None; `is_busy`: with one that has no value."""
        value = "" if is_busy else f' value="{bar or 0:.3f}"'
        element = f"<progress{value}></progress> " if is_busy or bar is not None else ""
        data = {"text/plain": text, "text/html": f"<div>{element}{escape(text)}</div>"}
        # What is shown must never end a wait.
        with suppress(Exception), self._lock:
            self._publish(data, transient=self._transient, update=self.is_shown)
            self.is_shown = True


class _TaskLine:
    """The line about one task: the progress of its wait, then of the download of its file."""

    def __init__(
        self,
        task_id: str,
        output: _Output,
        on_event: EventCallback | None,
        on_progress: ProgressCallback | None,
    ) -> None:
        self._task_id = task_id
        self._output = output
        self._callbacks = on_event, on_progress
        self._event: Event | None = None
        self._bytes: tuple[int, int | None] | None = None
        self._started = time.monotonic()

    def on_event(self, event: Event) -> None:
        self._event = event
        self._started = time.monotonic() - event.elapsed
        if event.kind != "end":
            self.show()
        if self._callbacks[0] is not None:
            self._callbacks[0](event)

    def on_progress(self, received: int, total: int | None) -> None:
        self._bytes = received, total  # shown by the next tick: there may be many
        if self._callbacks[1] is not None:
            self._callbacks[1](received, total)

    def show(self) -> None:
        event = self._event
        if self._bytes is not None:
            received, total = self._bytes
            text = f"downloading, {received:,} bytes" + (f" of {total:,}" if total else "")
            bar = received / total if total else None
        elif event is None or event.snapshot is None or event.kind == "end":
            text, bar = f"waiting, {self._elapsed()}", None
        else:
            text = f"{_describe_status(event.snapshot)}, {self._elapsed()}"
            text += f", about {event.progress:.0%}"
            bar = event.progress
            if event.kind == "lookup_failed":
                text += f"; lookup failed, retrying: {event.error}"
        self._output.show(f"{self._task_id} {text}", bar, is_busy=bar is None)

    def show_end(self, *, has_succeeded: bool) -> None:
        """Replace the bar by the result, in one line."""
        event = self._event
        if event is None and not self._output.is_shown:
            return
        if event is not None and event.snapshot is not None and event.snapshot.ended:
            text = f"{_describe(event.snapshot)} after {event.elapsed:.0f} s"
        elif has_succeeded:
            text = "succeeded"
        else:
            text = f"stopped waiting after {self._elapsed()}; the task continues"
        self._output.show(f"{self._task_id} {text}", None)

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._started:.0f} s"


def _describe(snapshot: Snapshot) -> str:
    if snapshot.state == "failed":
        return f"failed: {redact(snapshot.failure)}" if snapshot.failure else "failed"
    return "succeeded" if snapshot.ended else _describe_status(snapshot)


def _describe_status(snapshot: Snapshot) -> str:
    return snapshot.status.lower().replace("_", " ")
