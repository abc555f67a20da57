"""Progress of waits and downloads in notebooks: Jupyter and whatever else runs IPython with a kernel.

Nothing is imported or installed for it: outside of notebooks there is no IPython in `sys.modules`, and nothing is shown.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from html import escape
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from uuid import uuid4

OnEvent: TypeAlias = Callable[[Any], object]
OnProgress: TypeAlias = Callable[[int, int | None], object]


class AnyTask(Protocol):
    """What is shown of a task: a part of `BaseTask`, which packages that only have downloads do not contain."""

    id: str
    status: str
    estimate: float

    @property
    def state(self) -> str: ...
    @property
    def ended(self) -> bool: ...
    @property
    def elapsed(self) -> float: ...
    def quote(self, text: str, limit: int) -> str: ...
    def describe_failure(self) -> str: ...


_settings = {"progress": True}
_TICK = 1.0  # seconds


def configure_notebook(*, progress: bool) -> None:
    """Choose whether waits and downloads of this process show their progress in notebooks. They do unless told otherwise."""
    _settings["progress"] = progress


def find_publisher() -> Callable[..., Any] | None:
    """The function that publishes outputs of the notebook's cell; None outside of notebooks."""
    if not _settings["progress"] or "IPython" not in sys.modules:
        return None
    with suppress(Exception):
        shell: Any = sys.modules["IPython"].get_ipython()
        # IPython on a terminal has no kernel, and would show the plain text again for each update.
        if getattr(shell, "kernel", None) is not None:
            publish: Callable[..., Any] = shell.display_pub.publish
            return publish
    return None


class Output:
    """An output of a cell that is updated in place."""

    def __init__(self, publish: Callable[..., Any]) -> None:
        self._publish = publish
        self._transient = {"display_id": uuid4().hex}
        self.is_shown = False
        self._lock = threading.Lock()

    def show(self, text: str, bar: float | None, *, is_busy: bool = False) -> None:
        """Show a line of text, with a bar unless `bar` is None; `is_busy`: with one that has no value."""
        value = "" if is_busy else f' value="{bar or 0:.3f}"'
        has_bar = is_busy or bar is not None
        element = f"<progress{value}></progress> " if has_bar else ""
        data = {"text/plain": text, "text/html": f"<div>{element}{escape(text)}</div>"}
        # What is shown must never end a wait.
        with suppress(Exception), self._lock:
            self._publish(data, transient=self._transient, update=self.is_shown)
            self.is_shown = True


class _Line:
    """The line about a task or a file: the progress of a wait, and of a download."""

    def __init__(self, output: Output, name: str, task: AnyTask | None) -> None:
        self._output, self._name, self.task = output, name, task
        self._event: Any = None
        self._bytes: tuple[int, int | None] | None = None

    def watch_events(self, on_event: OnEvent | None) -> OnEvent:
        """A callback for the events of a wait, which calls `on_event`."""

        def call(event: Any) -> None:
            self._event = event
            if event.kind != "end":
                self.show()
            if on_event is not None:
                on_event(event)

        return call

    def watch_bytes(self, on_progress: OnProgress | None) -> OnProgress:
        """A callback for the bytes of a download, which calls `on_progress`."""

        def call(received: int, total: int | None) -> None:
            self._bytes = received, total  # shown by the next tick: there may be many
            if on_progress is not None:
                on_progress(received, total)

        return call

    def show(self) -> None:
        with suppress(Exception):
            text, bar = self._describe()
            self._output.show(f"{self._name} {text}", bar, is_busy=bar is None)

    def show_end(self, *, has_succeeded: bool) -> None:
        """Replace the bar by the result, if anything was shown or waited for."""
        with suppress(Exception):
            if self._event is not None or self._output.is_shown:
                text = self._describe_end(has_succeeded)
                self._output.show(f"{self._name} {text}", None)

    def _describe(self) -> tuple[str, float | None]:
        """The text, and the progress from 0 to 1 if it is known."""
        task, event = self.task, self._event
        if self._bytes is not None or task is None:
            received, total = self._bytes or (0, None)
            text = f"downloading, {received:,} bytes"
            return (f"{text} of {total:,}", received / total) if total else (text, None)
        if event is None or event.kind == "end":
            return f"waiting, {task.elapsed:.0f} s", None
        text = f"{_describe_state(task)}, {task.elapsed:.0f} s"
        text += f", about {task.estimate:.0%}"
        if event.kind == "lookup_failed":
            text += f"; lookup failed, retrying: {task.quote(event.error, 300)}"
        return text, task.estimate

    def _describe_end(self, has_succeeded: bool) -> str:
        task, event = self.task, self._event
        if task is None:
            end = "downloaded" if has_succeeded else "stopped downloading"
            return f"{end}, {self._bytes[0] if self._bytes else 0:,} bytes"
        if event is not None and task.ended:
            text = task.state
            if text == "failed" and (reason := task.describe_failure()):
                text += f": {task.quote(reason, 300)}"
            return f"{text} after {event.elapsed:.0f} s"
        if has_succeeded:
            return "succeeded"
        return f"stopped waiting after {task.elapsed:.0f} s; the task continues"


_current: ContextVar[_Line | None] = ContextVar("_current", default=None)


@contextmanager
def _open_line(
    name: str, task: AnyTask | None = None
) -> Generator[_Line | None, None, None]:
    """A line that is updated until it is closed. None outside of notebooks.

    Inside of a wait for the same task, and for a download inside of any, it is the line of that wait.
    """
    publish = find_publisher()
    line = _current.get()
    if publish is None:
        yield None
        return
    if line is not None and (task is None or task is line.task):
        yield line
        return
    line = _Line(Output(publish), name, task)
    stopped = threading.Event()

    def tick() -> None:
        while not stopped.wait(_TICK):
            line.show()

    # Nothing is shown of what ends before the first tick without an event: the task had ended before.
    thread = threading.Thread(target=tick, name="notebook-progress", daemon=True)
    with suppress(RuntimeError):  # not every platform has threads
        thread.start()
    token = _current.set(line)
    has_succeeded = False
    try:
        yield line
        has_succeeded = True
    finally:
        with suppress(ValueError):  # a coroutine may be closed in another context
            _current.reset(token)
        stopped.set()
        if thread.is_alive():
            thread.join()
        line.show_end(has_succeeded=has_succeeded)


@contextmanager
def follow_task(
    task: AnyTask, on_event: OnEvent | None = None
) -> Generator[OnEvent | None, None, None]:
    """Show the progress of a wait, and of a download inside of it, in one line.

    Gives the callback to pass to the wait, which calls the one given. Outside of notebooks it is that.
    """
    with _open_line(task.quote(task.id, 200), task) as line:
        yield on_event if line is None else line.watch_events(on_event)


@contextmanager
def follow_file(
    path: str | Path, on_progress: OnProgress | None
) -> Generator[OnProgress | None, None, None]:
    """Show the progress of a download, as `follow_task` does."""
    with _open_line(" ".join(Path(path).name.split())) as line:
        yield on_progress if line is None else line.watch_bytes(on_progress)


class TasksLine:
    """The line about many tasks that are waited for at once. Outside of notebooks nothing is shown."""

    def __init__(self) -> None:
        publish = find_publisher()
        self._output = None if publish is None else Output(publish)
        self._states: dict[object, str] = {}
        self._open: set[object] = set()

    def add(self, key: object) -> None:
        """Add a wait, which `key` stands for."""
        if self._output is not None:
            self._states[key] = "waiting"
            self._open.add(key)

    def update(self, key: object, task: AnyTask) -> None:
        """Show what the last lookup has told."""
        if self._output is not None:
            with suppress(Exception):
                self._states[key] = _describe_state(task)
                self._show(self._output)

    def end(self, key: object, task: AnyTask) -> None:
        """Show that a wait has ended; alone, for a task that had ended before, nothing."""
        if self._output is not None:
            self._open.discard(key)
            self._states[key] = task.state if task.ended else "not ended"
            if self._output.is_shown:
                self._show(self._output)

    def close(self) -> None:
        """Replace the bar by what is known at the end of all waits."""
        if self._output is not None and self._open and self._output.is_shown:
            self._states |= dict.fromkeys(self._open, "not ended")
            self._open.clear()
            self._show(self._output)

    def _show(self, output: Output) -> None:
        counts = Counter(self._states.values())
        text = ", ".join(f"{n} {state}" for state, n in sorted(counts.items()))
        share = 1 - len(self._open) / len(self._states)
        output.show(text, bar=share if self._open else None)


def _describe_state(task: AnyTask) -> str:
    if task.ended:
        return task.state
    return task.quote(task.status, 60).lower().replace("_", " ") or "waiting"
