"""What the command line prints: results to standard output, progress and complaints to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from orcarouter.downloads import Download
    from orcarouter.errors import OrcaRouterError
    from orcarouter.steps import Event
    from orcarouter.tasks import Snapshot

__all__ = [
    "Progress",
    "as_json",
    "error_facts",
    "facts",
    "file_facts",
    "progress",
    "say",
    "table",
    "task_facts",
]


def say(text: str) -> None:
    """A line for people, to standard error."""
    print(text, file=sys.stderr, flush=True)


def as_json(value: Any) -> None:
    """A JSON document, to standard output."""
    # Where the terminal cannot show a letter, JSON has a way to write it.
    ascii_only = (sys.stdout.encoding or "").lower() != "utf-8"
    print(json.dumps(value, indent=2, ensure_ascii=ascii_only), flush=True)


def facts(pairs: dict[str, Any]) -> None:
    """Names and values, to standard output; what is None is left out."""
    for name, value in pairs.items():
        if value is not None:
            # Some of it is the service's text, which is not to move the cursor.
            line = "".join(c if c.isprintable() else "?" for c in str(value))
            print(f"{name}: {line}", flush=True)


def task_facts(snapshot: Snapshot) -> dict[str, Any]:
    """A task as names and values."""
    return {
        "task_id": snapshot.task_id,
        "model": snapshot.model or None,
        "state": snapshot.state,
        "status": snapshot.status,
        "progress": snapshot.progress,
        "submitted_at": snapshot.submitted_at,
        "finished_at": snapshot.finished_at,
        "failure": snapshot.failure,
        "failure_code": snapshot.failure_code,
        "video_url": snapshot.video_url,
        "last_frame_url": snapshot.last_frame_url,
        "watermarked_url": snapshot.watermarked_url,
    }


def file_facts(done: Download) -> dict[str, Any]:
    """A downloaded file as names and values."""
    return {"path": str(done.path), "size": done.size, "sha256": done.sha256}


def error_facts(error: OrcaRouterError, code: int) -> dict[str, Any]:
    """An error as names and values; `code` is the exit code."""
    keys = (
        "task_id",
        "status",
        "code",
        "request_id",
        "retry_after",
        "model",
        "submitted_at",
        "digest",
    )
    known = {key: getattr(error, key, None) for key in keys}
    told = {key: value for key, value in known.items() if value is not None}
    return {"kind": type(error).__name__, "message": str(error), "exit": code, **told}


def table(rows: Sequence[Sequence[str]]) -> None:
    """A table whose first row names the columns: ruled on a terminal, with tabs between the cells elsewhere."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    ruled = Table(box=box.SIMPLE_HEAD)
    for number, name in enumerate(rows[0]):
        ruled.add_column(name, no_wrap=number == 0, overflow="fold")
    for row in rows[1:]:
        ruled.add_row(*(Text(cell) for cell in row))
    Console().print(ruled)


class Progress:
    """Tells how a wait and a download go on, a line a change."""

    def __init__(self) -> None:
        self._last = ""

    def event(self, event: Event) -> None:
        """Takes up an event of a wait."""
        line = _line(event)
        # The trouble that ends a wait is told by its error.
        if line != self._last and not (event.kind == "end" and event.trouble):
            self._last = line
            say(f"{event.task_id}: {line} ({event.elapsed:.0f} s)")

    def bytes(self, received: int, total: int | None) -> None:
        """Takes up the progress of a download."""
        if total is not None and received == total:
            say(f"downloaded {_size(received)}")


class _Bars(Progress):
    """The same as a bar for each task, on a terminal."""

    def __init__(self, shown: RichProgress, task_ids: Sequence[str]) -> None:
        super().__init__()
        self._shown = shown
        self._named = len(task_ids) > 1
        # At once: the first look at a task may be minutes away.
        self._bars = {each: self._add(each) for each in task_ids}
        self._current = task_ids[0]

    def event(self, event: Event) -> None:
        self._current = event.task_id
        self._update(_line(event), completed=event.progress, total=1.0)

    def bytes(self, received: int, total: int | None) -> None:
        self._update(f"downloading {_size(received)}", completed=received, total=total)

    def _add(self, task_id: str) -> TaskID:
        return self._shown.add_task(self._text(task_id, "waiting"), total=1.0)

    def _text(self, task_id: str, text: str) -> str:
        return f"{task_id}: {text}" if self._named else text

    def _update(self, text: str, **changes: Any) -> None:
        current = self._current
        self._shown.update(self._bars[current], description=self._text(current, text), **changes)


@contextmanager
def progress(task_ids: Sequence[str], *, quiet: bool = False) -> Generator[Progress, None, None]:
    """How to tell about the progress of tasks: bars if standard error is a terminal, else lines."""
    if quiet or not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    # Results go to standard output, wherever that is.
    with RichProgress(*columns, console=Console(stderr=True), redirect_stdout=False) as shown:
        yield _Bars(shown, task_ids)


def _line(event: Event) -> str:
    if event.kind == "trouble":
        return f"no answer, waiting on: {event.trouble}"
    if event.snapshot is None:
        return event.trouble or "waiting"
    text = event.snapshot.status.lower().replace("_", " ")
    percent = event.snapshot.progress
    return text if percent is None else f"{text}, {percent} %"


def _size(number: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if number < 1024 or unit == "MiB":
            break
        number //= 1024
    return f"{number} {unit}"
