"""What the command line prints: results to standard output, messages and progress to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orcarouter._redaction import escape
from orcarouter.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from orcarouter._downloads import Download
    from orcarouter._events import Event
    from orcarouter.capabilities import ValidationResult
    from orcarouter.errors import OrcaRouterError
    from orcarouter.task import Snapshot

__all__ = [
    "ProgressReporter",
    "configure_logging",
    "describe_error",
    "download_to_dict",
    "error_to_dict",
    "print_error",
    "print_fields",
    "print_json",
    "print_message",
    "print_row",
    "print_table",
    "report_error",
    "report_progress",
    "task_to_dict",
    "violations_to_dicts",
]


def configure_logging() -> None:
    """Print warnings of the package to standard error."""
    import logging

    logger = logging.getLogger("orcarouter")
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("orcarouter: %(message)s"))
        # The progress output of a wait already shows what `_tasks` logs.
        handler.addFilter(lambda record: record.module != "_tasks")
        logger.addHandler(handler)


def print_message(text: str) -> None:
    """Print a line to standard error."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Print a JSON document to standard output."""
    # JSON can escape what the encoding of the terminal does not have, and what would control it.
    ascii_only = (sys.stdout.encoding or "").lower() != "utf-8"
    for line in json.dumps(value, indent=2, ensure_ascii=ascii_only).split("\n"):
        if not line.isprintable():
            line = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
        print(line)
    sys.stdout.flush()


def print_fields(fields: dict[str, Any]) -> None:
    """Print `name: value` lines to standard output, without those that are None."""
    for name, value in fields.items():
        if value is not None:
            # Text of the service must not control the terminal.
            print(f"{name}: {escape(str(value))}", flush=True)


def task_to_dict(snapshot: Snapshot) -> dict[str, Any]:
    """The fields of a task as they are printed."""
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


def download_to_dict(download: Download) -> dict[str, Any]:
    """The fields of a downloaded file as they are printed."""
    return {"path": str(download.path), "size": download.size, "sha256": download.sha256}


def describe_error(error: OrcaRouterError | OSError) -> str:
    """The message of an exception."""
    from orcarouter.errors import OrcaRouterError

    if isinstance(error, OrcaRouterError):
        return str(error)
    prefix = f"{error.filename}: " if error.filename else ""
    return f"{prefix}{error.strerror or error}"


def print_error(
    error: BaseException,
    message: str,
    exit_code: int,
    *,
    as_json: bool,
    command: str = "orcarouter",
) -> int:
    """Print what ends the command as one line, with --json as JSON as well; return the exit code."""
    message = escape(" ".join(message.split()))
    if exit_code != ExitCode.INTERRUPTED or not hasattr(
        error, "task_id"
    ):  # else it has been logged
        print_message(f"{command}: {message}")
    if as_json:
        print_json({"error": error_to_dict(error, message, exit_code)})
    return exit_code


def report_error(error: BaseException, *, as_json: bool) -> int:
    """Print what ended the command line; return the exit code. Raises `error` if that is a defect."""
    import click

    from orcarouter.cli.exit_codes import exit_code_for
    from orcarouter.errors import OrcaRouterError

    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.UsageError():
            if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
                error.show()
                return ExitCode.USAGE
            command = error.ctx.command_path if error.ctx is not None else "orcarouter"
            message = f"{error.format_message()} (see {command} --help)"
            return print_error(error, message, ExitCode.USAGE, as_json=as_json, command=command)
        case click.ClickException():
            return print_error(error, error.format_message(), ExitCode.USAGE, as_json=as_json)
        case click.Abort() | KeyboardInterrupt():
            return print_error(error, "interrupted", ExitCode.INTERRUPTED, as_json=as_json)
        case OrcaRouterError() | OSError():
            message = describe_error(error)
            return print_error(error, message, exit_code_for(error), as_json=as_json)
        case SystemExit():
            return ExitCode.FILE  # click exits like this if the reader of a pipe has closed it
    raise error


def error_to_dict(error: BaseException, message: str, exit_code: int) -> dict[str, Any]:
    """The fields of an exception as they are printed, without those that are None."""
    names = (
        "task_id",
        "status_code",
        "code",
        "request_id",
        "retry_after",
        "model",
        "submitted_at",
        "digest",
    )
    fields = {name: getattr(error, name, None) for name in names}
    fields = {name: value for name, value in fields.items() if value is not None}
    base = {"type": type(error).__name__, "message": message, "exit_code": exit_code}
    return {**base, **fields}


def violations_to_dicts(result: ValidationResult) -> list[dict[str, Any]]:
    """The violations of a request as they are printed."""
    from attrs import asdict

    return [{**asdict(violation), "text": str(violation)} for violation in result]


def print_row(cells: Sequence[str]) -> None:
    """Print a line of tab-separated cells to standard output."""
    print("\t".join(escape(" ".join(cell.split())) for cell in cells), flush=True)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose first row is the header: ruled on a terminal, else tab-separated."""
    if not sys.stdout.isatty():
        for row in rows:
            print_row(row)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for number, name in enumerate(rows[0]):
        table.add_column(name, no_wrap=number == 0, overflow="fold")
    for row in rows[1:]:
        # Text: no markup in the cells.
        table.add_row(*(Text("\n".join(map(escape, cell.split("\n")))) for cell in row))
    Console().print(table)


class ProgressReporter:
    """Prints the progress of waits and downloads, a line for each change."""

    def __init__(self) -> None:
        self._last_line = ""

    def on_event(self, event: Event) -> None:
        """Print an event of a wait."""
        line = _format_event(event)
        # The error that ends a wait is printed by the command.
        if line != self._last_line and not (event.kind == "end" and event.error):
            self._last_line = line
            print_message(f"{event.task_id}: {line} ({event.elapsed:.0f} s)")

    def on_bytes(self, received: int, total: int | None) -> None:
        """Print the progress of a download: its end only."""
        if total is not None and received == total:
            print_message(f"downloaded {_format_size(received)}")


class _BarReporter(ProgressReporter):
    """Shows a progress bar for each task, on a terminal."""

    def __init__(self, progress: Progress, task_ids: Sequence[str]) -> None:
        super().__init__()
        self._progress = progress
        self._has_prefix = len(task_ids) > 1
        # Bars appear at once: the first poll of a task may be minutes away.
        self._bars: dict[str, TaskID] = {
            task_id: progress.add_task(self._describe(task_id, "waiting"), total=1.0)
            for task_id in task_ids
        }
        self._current = task_ids[0]

    def on_event(self, event: Event) -> None:
        self._current = event.task_id
        self._update(_format_event(event), completed=event.progress, total=1.0)

    def on_bytes(self, received: int, total: int | None) -> None:
        # Downloads run one after the other, each after the last event of its task.
        self._update(f"downloading {_format_size(received)}", completed=received, total=total)

    def _describe(self, task_id: str, text: str) -> str:
        return f"{task_id}: {text}" if self._has_prefix else text

    def _update(self, text: str, **changes: Any) -> None:
        description = self._describe(self._current, text)
        self._progress.update(self._bars[self._current], description=description, **changes)


@contextmanager
def report_progress(
    task_ids: Sequence[str], *, quiet: bool = False
) -> Generator[ProgressReporter, None, None]:
    """A reporter for these tasks: bars if standard error is a terminal, else lines."""
    if quiet or not sys.stderr.isatty():
        yield ProgressReporter()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    # Without redirection, because rich would print results to its console, standard error.
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False) as progress:
        yield _BarReporter(progress, task_ids)


def _format_event(event: Event) -> str:
    if event.kind == "lookup_failed":
        return f"lookup failed, retrying: {event.error}"
    if event.snapshot is None:
        return event.error or "waiting"
    text = escape(event.snapshot.status.lower().replace("_", " "))
    percent = event.snapshot.progress
    return text if percent is None else f"{text}, {percent} %"


def _format_size(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024 or unit == "MiB":
            break
        size //= 1024
    return f"{size} {unit}"
