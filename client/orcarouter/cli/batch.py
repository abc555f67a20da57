"""The commands `orcarouter batch ...`, and `orcarouter video list`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orcarouter.cli.completion import (
    complete_batch,
    complete_file,
    complete_folder,
    complete_job,
    complete_state,
)
from orcarouter.cli.options import json_option, require_positive

if TYPE_CHECKING:
    from orcarouter.batch import Batch, Job, Ledger, Progress

__all__ = ["batch", "list_tasks"]

F = TypeVar("F", bound=Callable[..., Any])

_EXPORT_COLUMNS = (
    "batch name line state model prompt task_id submitted_at ended_at seconds credits cost"
    " error_type error"
).split()


def ledger_options(command: F) -> F:
    """Add what says where a batch is."""
    command = click.option(
        "--name",
        metavar="NAME",
        shell_complete=complete_batch,
        help="Name of the batch. Default: that of the folder.",
    )(command)
    return click.option(
        "--ledger",
        metavar="URL",
        envvar="ORCAROUTER_LEDGER",
        help="Ledger of several machines, such as postgresql://user@host/database. Default:"
        " ORCAROUTER_LEDGER, else a SQLite file in the folder.",
    )(command)


def _limit(name: str, kind: type[int] | type[float], text: str) -> Callable[[F], F]:
    what = f"a {'number' if kind is float else 'whole number'} > 0"
    return click.option(
        name, type=kind, callback=require_positive(what), metavar="NUMBER", help=text
    )


@click.group()
def batch() -> None:
    """Make many videos: submitted at most once each, resumed after anything."""
    from orcarouter import batch as package

    _ = package.Ledger  # says which extra is missing


@batch.command()
@click.argument("jobs", required=False, shell_complete=complete_file)
@click.option(
    "--out",
    metavar="DIR",
    required=True,
    shell_complete=complete_folder,
    help="Folder for files, ledger and report.",
)
@ledger_options
@_limit("--in-flight", int, "Tasks at the service at the same time. Default: 20.")
@_limit("--per-minute", int, "Submissions within any minute. Default: no limit.")
@_limit("--max-tasks", int, "Tasks in all. Default: no limit.")
@_limit("--max-credits", float, "Charge in all, in the service's units. Default: no limit.")
@_limit("--credits-per-task", float, "What a job without `credits` is expected to cost.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=8,
    show_default=True,
    help="Requests and downloads at the same time.",
)
@_limit("--interval", float, "Seconds between two lookups of a task. Default: from its model.")
@_limit("--task-timeout", float, "Seconds after which a running task is left to the next run.")
@click.option(
    "--check/--no-check",
    default=True,
    help="Validate all jobs against the capability map before anything is sent. Default: --check.",
)
@click.option("--dry-run", is_flag=True, help="Read and check the jobs; send and write nothing.")
@click.option("--report/--no-report", default=True, help="Write DIR/index.html at the end.")
@json_option
def run(
    jobs: str | None,
    out: str,
    ledger: str | None,
    name: str | None,
    workers: int,
    check: bool,
    credits_per_task: float | None,
    dry_run: bool,
    report: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Submit the (billable) JOBS, wait for them, download and verify their videos.

    JOBS is a file: JSON Lines (.jsonl, - for standard input), CSV, YAML or JSON. Each job is a
    request, which may have an `id` and `credits` as well. The same command continues a batch that
    was interrupted; without JOBS, it continues with those of the ledger.
    """
    from orcarouter import OrcaRouter
    from orcarouter.batch import JobsError, read_jobs
    from orcarouter.cli.output import print_json, print_message

    options = {key: value for key, value in options.items() if value is not None}
    options |= {"ledger": ledger, "name": name, "check": check}
    options["credits_per_task"] = credits_per_task
    try:
        if dry_run:
            if jobs is None:
                raise click.UsageError("--dry-run needs JOBS")
            read = read_jobs(jobs, check=check, credits_per_task=credits_per_task)
            if as_json:
                print_json({"jobs": len(read), "ok": True})
            print_message(f"{jobs}: {len(read)} jobs; nothing was sent")
            return 0
        with OrcaRouter() as orca, orca.batch(jobs, out, **options) as opened:
            existing = opened.progress().total - opened.added
            print_message(
                f"batch {opened.name}: {opened.added} new jobs"
                + (f", {existing} that the ledger has already" if existing else "")
            )
            return _run(opened, workers, report, as_json)
    except JobsError as error:
        return _print_jobs_error(error, as_json)


def _print_jobs_error(error: Any, as_json: bool) -> int:
    from orcarouter._redaction import escape
    from orcarouter.cli.exit_codes import ExitCode
    from orcarouter.cli.output import print_json, print_message

    lines = [" ".join(map(escape, line.split())) for line in str(error).splitlines()]
    for line in lines:
        print_message(f"orcarouter: {line}")
    print_message("orcarouter: nothing was sent")
    code = ExitCode.INVALID_REQUEST if error.violations else ExitCode.USAGE
    if as_json:
        message = f"{len(error.errors)} jobs cannot be used"
        fields = {"type": "JobsError", "message": message, "exit_code": code}
        print_json({"error": {**fields, "errors": error.errors}})
    return code


def _run(opened: Batch, workers: int, report: bool, as_json: bool) -> int:
    from orcarouter.cli.exit_codes import ExitCode
    from orcarouter.cli.output import print_json, print_message, print_row

    reporter = _ProgressLine()
    ended: list[Job] = []
    interrupted = False
    try:
        for job in opened.as_completed(workers=workers, on_progress=reporter.show):
            ended.append(job)
            if not as_json:
                reporter.clear()
                print_row(_describe(job))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        reporter.close()
    progress = opened.progress()
    page = opened.write_report() if report else None
    code = ExitCode.INTERRUPTED if interrupted else _find_exit_code(opened, progress)
    if as_json:
        print_json(
            {
                "batch": opened.name,
                **progress.to_dict(),
                "stopped": None if opened.stop_error is None else str(opened.stop_error),
                "limit": opened.limit or None,
                "report": None if page is None else str(page.absolute()),
                "exit_code": code,
                "jobs": [job.to_dict() for job in ended],
            }
        )
    print_message(f"batch {opened.name}: {progress}")
    for advice in _advise(opened, progress, interrupted):
        print_message(advice)
    if page is not None:
        print_message(f"report: {page.absolute().as_uri()}")
    return code


def _find_exit_code(opened: Batch, progress: Progress) -> int:
    """The exit code of a run that was not interrupted: of what people have to look at first."""
    from orcarouter.cli.exit_codes import ExitCode, exit_code_for

    if opened.stop_error is not None:
        return exit_code_for(opened.stop_error)
    for state, code in (
        ("unknown", ExitCode.AMBIGUOUS),
        ("missing", ExitCode.TASK_NOT_FOUND),
        ("failed", ExitCode.TASK_FAILED),
        ("rejected", ExitCode.REJECTED),
        ("download_failed", ExitCode.DOWNLOAD_FAILED),
        ("stalled", ExitCode.TIMEOUT),
    ):
        if progress.counts.get(state):
            return code
    return ExitCode.LIMIT if opened.limit else ExitCode.OK


def _advise(opened: Batch, progress: Progress, interrupted: bool) -> list[str]:
    """What people can do next."""
    import shlex

    folder = shlex.quote(str(opened.folder))
    counts, advice = progress.counts, []
    if interrupted:
        advice.append(
            f"interrupted; tasks continue at the service. To continue: orcarouter batch run --out {folder}"
        )
    if opened.limit:
        advice.append(f"the limit of {opened.limit} is reached: some jobs were not submitted")
    if opened.stop_error is not None:
        advice.append(f"submissions stopped: {opened.stop_error}")
    if counts.get("unknown") or counts.get("missing"):
        advice.append(
            "look for unknown and missing tasks in the console of the service, then: "
            f"orcarouter batch resolve {folder} JOB"
        )
    if any(counts.get(state) for state in ("failed", "rejected", "download_failed")):
        advice.append(
            f"to make failed jobs (a billable task each) or downloads (free) again: "
            f"orcarouter batch retry {folder}"
        )
    return advice


class _ProgressLine:
    """Shows the progress on standard error: one line that changes on a terminal, else a few lines."""

    _LINES_EVERY = 10  # reports, one of which comes about every second

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._reports = 0
        self._last = ""

    def show(self, progress: Progress) -> None:
        from orcarouter._redaction import escape

        text = escape(str(progress))
        if self._is_terminal:
            import shutil

            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)
        elif self._reports % self._LINES_EVERY == 0 and text != self._last:
            print(text, file=sys.stderr, flush=True)
            self._last = text
        self._reports += 1

    def clear(self) -> None:
        if self._is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    close = clear


@batch.command()
@click.argument("folder", default=".", shell_complete=complete_folder)
@ledger_options
@json_option
def status(folder: str, ledger: str | None, name: str | None, as_json: bool) -> int:
    """Show where a batch stands: jobs in each state, tasks, credits."""
    from orcarouter.batch import Progress
    from orcarouter.batch.records import STATES
    from orcarouter.cli.output import print_json, print_table

    opened = _open(folder, ledger, name)
    totals = opened.totals()
    progress = Progress(
        counts=opened.count(),
        tasks=totals["tasks"],
        credits=totals["credits"],
        cost=totals["cost"],
    )
    if as_json:
        print_json({"batch": opened.batch, **progress.to_dict()})
        return 0
    rows = [("state", "jobs", "meaning")]
    rows += [
        (state.replace("_", " "), str(progress.counts[state]), meaning)
        for state, meaning in STATES.items()
        if progress.counts.get(state)
    ]
    rows.append(("all", str(progress.total), f"{progress.open} of them have not ended"))
    print_table(rows)
    print(f"tasks: {progress.tasks:g}, charged: {progress.cost:g}", flush=True)
    return 0


@batch.command("list")
@click.argument("folder", default=".", shell_complete=complete_folder)
@ledger_options
@click.option(
    "--state",
    "states",
    multiple=True,
    shell_complete=complete_state,
    help="Only jobs in this state (repeatable).",
)
@json_option
def list_jobs(
    folder: str, ledger: str | None, name: str | None, states: tuple[str, ...], as_json: bool
) -> int:
    """List the jobs of a batch."""
    from orcarouter.cli.output import print_json, print_table

    jobs = _open(folder, ledger, name).list_jobs(states=_check_states(states))
    if as_json:
        print_json([job.to_dict() for job in jobs])
    else:
        print_table([("job", "state", "task", "model", "prompt", "result"), *map(_describe, jobs)])
    return 0


@batch.command()
@click.argument("folder", default=".", shell_complete=complete_folder)
@ledger_options
@json_option
def report(folder: str, ledger: str | None, name: str | None, as_json: bool) -> int:
    """Write the page FOLDER/index.html, with thumbnails, players, costs and reasons of failures."""
    from orcarouter.batch.report import write_report
    from orcarouter.cli.output import print_json

    path = write_report(_open(folder, ledger, name), _find_folder(folder)).absolute()
    if as_json:
        print_json({"report": str(path)})
    else:
        print(path.as_uri(), flush=True)
    return 0


@batch.command()
@click.argument("folder", shell_complete=complete_folder)
@click.argument("names", metavar="[JOB]...", nargs=-1, shell_complete=complete_job)
@ledger_options
@json_option
def retry(
    folder: str, names: tuple[str, ...], ledger: str | None, name: str | None, as_json: bool
) -> int:
    """Let the next run make failed and rejected jobs again, and repeat failed downloads.

    Without names, all of them. A job that is made again is a new (billable) task. Jobs whose answer
    was lost are left alone: see `batch resolve`.
    """
    from orcarouter.cli.output import print_json, print_message

    opened = _open(folder, ledger, name)
    jobs = _find_jobs(opened, names) if names else opened.list_jobs()
    submit, download = opened.retry(jobs)
    if names and (left := [job for job in jobs if job not in submit and job not in download]):
        for job in left:
            print_message(f"orcarouter: {job.name} is {job.state}: left alone")
    if as_json:
        print_json({"submit": [j.name for j in submit], "download": [j.name for j in download]})
    print_message(
        f"{len(submit)} to be submitted (billable), {len(download)} to be downloaded (free). "
        "Nothing was sent: `orcarouter batch run` does it"
    )
    return 0


@batch.command()
@click.argument("folder", shell_complete=complete_folder)
@click.argument("names", metavar="JOB...", nargs=-1, required=True, shell_complete=complete_job)
@ledger_options
@click.option("--task-id", metavar="ID", help="The job has this task: wait for it.")
@click.option("--no-task", is_flag=True, help="No task was created: submit it in the next run.")
@click.option("--abandon", is_flag=True, help="Leave it as it is.")
@json_option
def resolve(
    folder: str,
    names: tuple[str, ...],
    ledger: str | None,
    name: str | None,
    task_id: str | None,
    no_task: bool,
    abandon: bool,
    as_json: bool,
) -> int:
    """Decide on jobs whose answer was lost, or whose task the service does not know.

    Look for the task in the console of the service first. With --no-task, the next run submits the
    job again: if there was a task after all, both are billed.
    """
    from orcarouter._tokens import ResumeToken
    from orcarouter.cli.output import print_json, print_message

    if (task_id is not None) + no_task + abandon != 1:
        raise click.UsageError("one of --task-id, --no-task and --abandon is needed")
    if task_id is not None and len(names) > 1:
        raise click.UsageError("--task-id is of one job")
    opened = _open(folder, ledger, name)
    jobs = _find_jobs(opened, names)
    for job in jobs:
        if task_id is not None:
            opened.resolve(job, "task", ResumeToken.parse(task_id).task_id)
        else:
            opened.resolve(job, "no_task" if no_task else "abandon")
    after = opened.list_jobs(names=[job.name for job in jobs])
    if as_json:
        print_json([{"name": job.name, "state": job.state} for job in after])
    for job in after:
        print_message(f"{job.name}: {job.state}")
    return 0


@batch.command()
@click.argument("folder", default=".", shell_complete=complete_folder)
@ledger_options
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl")
@click.option(
    "--output", metavar="FILE", shell_complete=complete_file, help="Default: standard output."
)
def export(folder: str, ledger: str | None, name: str | None, kind: str, output: str | None) -> int:
    """Write all jobs, with their tasks, files and costs, as JSON Lines or CSV."""
    jobs = _open(folder, ledger, name).list_jobs()
    if output is None:
        _export(jobs, kind, sys.stdout)
        sys.stdout.flush()
    else:
        with Path(output).open("w", encoding="utf-8", newline="") as file:
            _export(jobs, kind, file)
    return 0


def _export(jobs: Sequence[Job], kind: str, file: Any) -> None:
    if kind == "jsonl":
        for job in jobs:
            request = {"request": json.loads(job.request)}
            print(json.dumps({**job.to_dict(), **request}, ensure_ascii=True), file=file)
        return
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_EXPORT_COLUMNS, "file", "size", "sha256"])
    for job in jobs:
        fields, video = job.to_dict(), job.video
        cells = [fields[column] for column in _EXPORT_COLUMNS]
        cells += ["", "", ""] if video is None else [video.path, video.size, video.sha256]
        writer.writerow([_guard(cell) for cell in cells])


def _guard(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell


@click.command("list")
@click.argument("folder", default=".", shell_complete=complete_folder)
@click.option("--ledger", metavar="URL", envvar="ORCAROUTER_LEDGER", help="As in `batch run`.")
@click.option(
    "--state",
    "states",
    multiple=True,
    shell_complete=complete_state,
    help="Only tasks in this state (repeatable).",
)
@json_option
def list_tasks(folder: str, ledger: str | None, states: tuple[str, ...], as_json: bool) -> int:
    """List the tasks in the ledger of a FOLDER: those of all its batches.

    The service has no list of tasks.
    """
    from orcarouter.cli.output import print_json, print_table

    opened = _open(folder, ledger, None, any_batch=True)
    jobs = opened.list_jobs(states=_check_states(states), all_batches=True)
    jobs = [job for job in jobs if job.task_id]
    if as_json:
        print_json([job.to_dict() for job in jobs])
        return 0
    rows = [("task", "state", "submitted", "model", "prompt", "file")]
    rows += [
        (
            job.task_id or "",
            job.state,
            _format_time(job.submitted_at),
            job.model,
            _shorten(job.prompt),
            job.video.path if job.video else "",
        )
        for job in jobs
    ]
    print_table(rows)
    return 0


def _open(folder: str, url: str | None, name: str | None, *, any_batch: bool = False) -> Ledger:
    from orcarouter import batch as package
    from orcarouter.errors import ConfigurationError

    _ = package.Ledger  # says which extra is missing
    from orcarouter.batch.run import open_existing

    try:
        return open_existing(folder, url, name)
    except ConfigurationError:
        if not any_batch or url is None:
            raise
    names = package.Ledger(url, "").list_batches()
    return open_existing(folder, url, names[0] if names else None)


def _find_folder(folder: str) -> Path:
    return Path(folder).parent if Path(folder).is_file() else Path(folder)


def _find_jobs(ledger: Ledger, names: Sequence[str]) -> list[Job]:
    """Jobs by their names or task ids."""
    jobs = ledger.list_jobs(names=names)
    existing = {job.name for job in jobs} | {job.task_id for job in jobs}
    if missing := [name for name in names if name not in existing]:
        raise click.ClickException(f"the batch {ledger.batch} has no job {missing[0]!r}")
    return jobs


def _check_states(states: Sequence[str]) -> Sequence[str]:
    from orcarouter.batch.records import STATES

    wanted = [state.replace("-", "_") for state in states]
    for state in wanted:
        if state not in STATES:
            raise click.BadParameter(f"{state!r} is none of {', '.join(STATES)}")
    return wanted


def _describe(job: Job) -> tuple[str, ...]:
    result = job.video.path if job.video is not None else job.error
    return (
        job.name,
        job.state,
        job.task_id or "",
        job.model,
        _shorten(job.prompt),
        result,
    )


def _shorten(text: str, length: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def _format_time(time: float | None) -> str:
    if time is None:
        return ""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
