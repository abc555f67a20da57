"""The commands `orcarouter video ...`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import click

from orcarouter.cli.batch import list_tasks
from orcarouter.cli.completion import (
    complete_file,
    complete_model,
    complete_setting,
    complete_task,
    complete_value,
)
from orcarouter.cli.options import force_option, json_option, output_option, wait_options

if TYPE_CHECKING:
    from orcarouter import OrcaRouter, Outcome, VideoTask
    from orcarouter.cli.output import ProgressReporter
    from orcarouter.errors import OrcaRouterError

__all__ = ["video"]

Tasks: TypeAlias = "dict[str, VideoTask | OrcaRouterError | OSError]"
"""Tasks by their ids; for an argument that cannot be used, the exception that says why."""


class Output(NamedTuple):
    """Where files are downloaded to."""

    target: Path | None
    """A file or a folder; None for standard output."""
    overwrite: bool
    """Whether existing files may be replaced."""


@click.group()
def video() -> None:
    """Submit tasks, wait for them, download videos."""


video.add_command(list_tasks)


@video.command()
@click.option("--model", shell_complete=complete_model, help="Model id, such as kling/kling-v3.")
@click.option("--prompt", help="Description of the video.")
@click.option(
    "--request",
    "file",
    metavar="FILE",
    shell_complete=complete_file,
    help="Request as JSON or YAML; - reads stdin.",
)
@click.option("--image", metavar="URL|FILE", shell_complete=complete_file, help="First frame.")
@click.option("--last-frame", metavar="URL|FILE", shell_complete=complete_file, help="Last frame.")
@click.option(
    "--reference-image",
    multiple=True,
    metavar="URL|FILE",
    shell_complete=complete_file,
    help="Reference image (repeatable).",
)
@click.option(
    "--reference-video", multiple=True, metavar="URL", help="Reference video (repeatable)."
)
@click.option(
    "--mode", shell_complete=complete_value, help="Quality of Kling models: std, pro or 4k."
)
@click.option(
    "--resolution",
    shell_complete=complete_value,
    help="Resolution, for models with such a parameter.",
)
@click.option(
    "--aspect-ratio",
    shell_complete=complete_value,
    metavar="W:H",
    help="Aspect ratio, such as 16:9.",
)
@click.option(
    "--duration", shell_complete=complete_value, metavar="SECONDS", help="Length of the video."
)
@click.option("--negative-prompt", help="What the video should not show.")
@click.option(
    "--sound", shell_complete=complete_value, metavar="on|off", help="Whether to generate audio."
)
@click.option(
    "--seed",
    shell_complete=complete_value,
    metavar="NUMBER",
    help="Random seed, for models with such a parameter.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=complete_setting,
    help="Set any other field, such as metadata.cfg_scale=0.7 (repeatable).",
)
@click.option(
    "--check/--no-check",
    default=True,
    help="Validate against the capability map before sending. Default: --check.",
)
@click.option("--dry-run", is_flag=True, help="Print the request and its violations; send nothing.")
@click.option("--wait", is_flag=True, help="Wait until the task has ended.")
@output_option
@force_option
@wait_options
@json_option
def create(
    file: str | None,
    image: str | None,
    last_frame: str | None,
    reference_image: tuple[str, ...],
    reference_video: tuple[str, ...],
    settings: tuple[str, ...],
    check: bool,
    dry_run: bool,
    wait: bool,
    output: str | None,
    force: bool,
    timeout: float,
    interval: float | None,
    as_json: bool,
    **flags: str | None,
) -> int:
    """Submit a (billable) generation task."""
    from orcarouter.cli.compose import compose
    from orcarouter.cli.exit_codes import ExitCode
    from orcarouter.cli.output import print_error, print_message
    from orcarouter.cli.request_file import read_request

    request = read_request(file) if file is not None else {}
    media = {
        "first_frame": [image] if image else [],
        "last_frame": [last_frame] if last_frame else [],
        "reference_image": reference_image,
        "reference_video": reference_video,
    }
    request = compose(request, flags=flags, media=media, settings=settings)
    if not request.get("model"):
        raise click.UsageError("a request needs --model, or a model in its file")
    if dry_run:
        return _dry_run(request, as_json)
    destination = _check_output_file(output, force, as_json)
    if check and (code := _check_request(request, as_json)):
        return code
    with _make_client() as orca:
        try:
            task = orca.videos.create(request, check="off")  # checked above, with --check
        except KeyboardInterrupt as interrupt:
            if not hasattr(interrupt, "task_id"):
                raise  # nothing had been sent
            # Here, because click replaces the exception. The line has been logged.
            return print_error(interrupt, "interrupted", ExitCode.INTERRUPTED, as_json=as_json)
        print_message(f"submitted: {task.id}")
        if wait or destination is not None:
            return _wait_and_print(orca, {task.id: task}, destination, timeout, interval, as_json)
        return _print_submitted(task, as_json)


@video.command()
@click.argument("task_id", shell_complete=complete_task)
@json_option
def status(task_id: str, as_json: bool) -> int:
    """Show the state of a task."""
    from orcarouter.cli.output import print_fields, print_json, task_to_dict

    with _make_client() as orca:
        fields = task_to_dict(orca.videos.retrieve(task_id))
    if as_json:
        print_json(fields)
    else:
        print_fields(fields)
    return 0


@video.command()
@click.argument("task_id", nargs=-1, required=True, shell_complete=complete_task)
@output_option
@force_option
@wait_options
@json_option
def wait(
    task_id: tuple[str, ...],
    output: str | None,
    force: bool,
    timeout: float,
    interval: float | None,
    as_json: bool,
) -> int:
    """Wait for tasks, given by ids or resume tokens."""
    if output is not None and len(task_id) > 1:
        raise click.UsageError(
            "--output needs a single task; use `video download` for several tasks"
        )
    destination = _check_output_file(output, force, as_json)
    with _make_client() as orca:
        tasks = _resume_tasks(orca, task_id)
        return _wait_and_print(orca, tasks, destination, timeout, interval, as_json)


@video.command()
@click.argument("task_id", nargs=-1, required=True, shell_complete=complete_task)
@click.option(
    "--output",
    metavar="FILE|FOLDER",
    shell_complete=complete_file,
    default=".",
    help="Default: TASK_ID.mp4 in the current folder; - is standard output.",
)
@force_option
@click.option(
    "--kind",
    "video_file",
    type=click.Choice(["video", "last_frame", "watermarked"]),
    default="video",
    help="Which file of the task. Default: video.",
)
@wait_options
@json_option
def download(
    task_id: tuple[str, ...],
    output: str,
    force: bool,
    video_file: Any,
    timeout: float,
    interval: float | None,
    as_json: bool,
) -> int:
    """Download videos, after waiting for their tasks if necessary.

    An interrupted download is kept in FILE.part and continued by the next run.
    """
    target = Path(output)
    is_folder = output != "-" and target.is_dir()
    if len(task_id) > 1 and not is_folder:
        raise click.UsageError("with several tasks, --output must be a folder")
    destination = None if is_folder else _check_output_file(output, force, as_json)
    with _make_client() as orca:
        tasks = _resume_tasks(orca, task_id)
        if destination is None:
            overwrite = _check_folder(target, tasks, video_file, force)
            destination = Output(target, overwrite)
        return _wait_and_print(orca, tasks, destination, timeout, interval, as_json, video_file)


def _make_client() -> OrcaRouter:
    from orcarouter import OrcaRouter

    return OrcaRouter()


def _resume_tasks(orca: OrcaRouter, tokens: Sequence[str]) -> Tasks:
    """The tasks of ids and resume tokens, in their order.

    Raises ConfigurationError if the only one is invalid.
    """
    from orcarouter._redaction import one_line
    from orcarouter.errors import ConfigurationError

    tasks: Tasks = {}
    for token in tokens:
        try:
            task = orca.resume(token)
            tasks[task.id] = task
        except ConfigurationError as error:
            if len(tokens) == 1:
                raise
            tasks[token] = ConfigurationError(f"{one_line(token, 60)}: {error}")
    return tasks


def _check_folder(folder: Path, tasks: Tasks, video_file: str, force: bool) -> bool:
    """Check the file of each task; return whether existing ones may be replaced.

    A task whose file cannot be written is replaced by the exception that says why; if it is the only
    one, OSError is raised.
    """
    overwrite = force
    for key, task in list(tasks.items()):
        if isinstance(task, Exception):
            continue
        try:
            overwrite |= _check_paths([_make_file_path(folder, task.id, video_file)], force)
        except OSError as error:
            if len(tasks) == 1:
                raise
            tasks[key] = error
    return overwrite


def _check_output_file(output: str | None, force: bool, as_json: bool) -> Output | None:
    """Check that a file can be written, before anything billable is sent.

    Raises OSError.
    """
    if output is None:
        return None
    if output == "-":
        if as_json:
            raise click.UsageError("--json and --output - both need standard output")
        return Output(None, overwrite=False)
    return Output(Path(output), _check_paths([Path(output)], force))


def _check_paths(paths: list[Path], force: bool) -> bool:
    """Check that files can be written; return whether existing ones may be replaced.

    Asks on a terminal. Raises OSError.
    """
    import sys

    from orcarouter_api import Client

    overwrite = force
    for path in paths:
        try:
            Client.check_target(path, overwrite=force)
        except FileExistsError as error:
            Client.check_target(path, overwrite=True)
            if not sys.stdin.isatty() or not click.confirm(f"Overwrite {path}?", err=True):
                error.strerror = f"{error.strerror}; --force overwrites it"
                raise
            overwrite = True
    return overwrite


def _check_request(request: dict[str, Any], as_json: bool) -> int:
    """Validate a request and print its violations; return the exit code, 0 if it may be sent."""
    from orcarouter.capabilities import check as validate
    from orcarouter.cli.exit_codes import ExitCode
    from orcarouter.cli.output import print_json, print_message, violations_to_dicts

    result = validate(request)
    for violation in result:
        print_message(f"{violation.level}: {violation}")
    if result.ok:
        return 0
    code = ExitCode.INVALID_REQUEST
    message = "nothing was sent; use --no-check to send it nevertheless"
    if as_json:
        error = {"type": "InvalidRequestError", "message": message, "exit_code": code}
        print_json({"error": {**error, "violations": violations_to_dicts(result)}})
    print_message(f"orcarouter: {message}")
    return code


def _dry_run(request: dict[str, Any], as_json: bool) -> int:
    """Print the body that would be sent, and its violations."""
    from orcarouter._media import inline_files
    from orcarouter._redaction import redact_json
    from orcarouter.capabilities import check as validate
    from orcarouter.cli.output import print_json, print_message, violations_to_dicts

    body = inline_files(request)
    result = validate(body)
    if as_json:
        violations = violations_to_dicts(result)
        print_json({"request": body, "ok": result.ok, "violations": violations})
    else:
        # Redacted for people: a data URI fills screens. Scripts get the body as it would be sent.
        print_json(redact_json(body))
        for violation in result:
            print_message(f"{violation.level}: {violation}")
    return 0 if result.ok else 1


def _print_submitted(task: VideoTask, as_json: bool) -> int:
    from orcarouter.cli.output import print_json, print_message, task_to_dict

    if as_json:
        assert task.snapshot is not None
        print_json({**task_to_dict(task.snapshot), "resume_token": task.resume_token()})
    else:
        print(task.id, flush=True)
        print_message(f"To wait for it: orcarouter video wait {shlex.quote(task.id)}")
    return 0


def _wait_and_print(
    orca: OrcaRouter,
    tasks: Tasks,
    output: Output | None,
    timeout: float,
    interval: float | None,
    as_json: bool,
    video_file: Any = "video",
) -> int:
    """Wait for tasks, download their files if there is an output, and print the results.

    Returns the exit code of the first task that failed, in the order of the arguments.
    """
    from orcarouter._redaction import escape
    from orcarouter.cli.exit_codes import ExitCode, exit_code_for
    from orcarouter.cli.output import (
        describe_error,
        error_to_dict,
        print_fields,
        print_json,
        print_message,
        report_progress,
    )
    from orcarouter.errors import OrcaRouterError

    codes: dict[str, int] = {}
    results: dict[str, Any] = {}

    def add_error(key: str, error: OrcaRouterError | OSError) -> None:
        message = escape(describe_error(error))
        print_message(f"orcarouter: {message}")
        codes[key] = exit_code_for(error)
        results[key] = {"task_id": key, "error": error_to_dict(error, message, codes[key])}

    waiting: list[VideoTask] = []
    for key, task in tasks.items():
        if isinstance(task, Exception):
            add_error(key, task)
        else:
            waiting.append(task)
    with report_progress([task.id for task in waiting], quiet=as_json) as reporter:
        try:
            for outcome in _wait_for_outcomes(orca, waiting, timeout, interval, reporter):
                key = outcome.task.id
                try:
                    results[key] = _get_result(outcome, output, video_file, timeout, reporter)
                except (OrcaRouterError, OSError) as error:
                    add_error(key, error)
                    results[key]["resume_token"] = outcome.task.resume_token()
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
    ordered = [results[key] for key in tasks if key in results]
    if as_json and ordered:
        print_json(ordered if len(tasks) > 1 else ordered[0])
    elif not as_json:
        for result in ordered:
            # With `--output -`, standard output has the file and nothing else.
            if "error" not in result and (output is None or output.target is not None):
                print_fields(_select_fields(result))
    if interrupted:
        unfinished = [task for task in waiting if task.id not in results]
        _print_resume_command(unfinished, output, video_file)
        return ExitCode.INTERRUPTED
    return next((codes[key] for key in tasks if key in codes), 0)


def _wait_for_outcomes(
    orca: OrcaRouter,
    tasks: list[VideoTask],
    timeout: float,
    interval: float | None,
    reporter: ProgressReporter,
) -> Iterator[Outcome[VideoTask]]:
    """Yield the outcomes of tasks as they end."""
    from orcarouter._events import Outcome
    from orcarouter.errors import TaskError

    on_event = reporter.on_event
    if len(tasks) > 1:
        yield from orca.as_completed(tasks, timeout, interval=interval, on_event=on_event)
        return
    # A single task is polled in this thread, so that Ctrl-C interrupts its request.
    if not tasks:
        return
    try:
        snapshot = tasks[0].wait(timeout, interval=interval, on_event=on_event)
    except TaskError as error:
        yield Outcome(tasks[0], error=error)
    else:
        yield Outcome(tasks[0], snapshot)


def _get_result(
    outcome: Outcome[VideoTask],
    output: Output | None,
    video_file: Any,
    timeout: float,
    reporter: ProgressReporter,
) -> dict[str, Any]:
    """The printed fields of a task that succeeded, after downloading its file if requested.

    Raises TaskError.
    """
    from orcarouter.cli.output import download_to_dict, task_to_dict

    if outcome.error is not None or outcome.snapshot is None:
        assert outcome.error is not None
        raise outcome.error
    result = task_to_dict(outcome.snapshot)
    if output is not None and output.target is None:
        _copy_to_stdout(outcome.task, video_file, timeout, reporter)
    elif output is not None and output.target is not None:
        file = outcome.task.download(
            _make_file_path(output.target, outcome.task.id, video_file),
            file=video_file,
            timeout=timeout,
            on_progress=reporter.on_bytes,
            overwrite=output.overwrite,
        )
        result["file"] = download_to_dict(file)
    return result


def _copy_to_stdout(
    task: VideoTask, video_file: Any, timeout: float, reporter: ProgressReporter
) -> None:
    """Write a file to standard output, once all of it has been downloaded and checked."""
    import shutil
    import sys
    import tempfile

    with tempfile.TemporaryDirectory(prefix="orcarouter-") as folder:
        path = Path(folder, "file")
        task.download(path, file=video_file, timeout=timeout, on_progress=reporter.on_bytes)
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _select_fields(result: dict[str, Any]) -> dict[str, Any]:
    """The fields that are of interest to people."""
    if "file" not in result:
        names = ("task_id", "state", "video_url", "last_frame_url", "watermarked_url")
        return {name: result.get(name) for name in names}
    return {"task_id": result["task_id"], "state": result["state"], **result["file"]}


def _make_file_path(target: Path, task_id: str, video_file: str) -> Path:
    if not target.is_dir():
        return target
    # The id comes from the service: it must not lead out of the folder.
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in task_id)
    if video_file != "video":
        stem += f"-{video_file}"
    return target / f"{stem}{'.png' if video_file == 'last_frame' else '.mp4'}"


def _print_resume_command(
    tasks: Iterable[VideoTask], output: Output | None, video_file: str
) -> None:
    from orcarouter.cli.output import print_message

    ids = " ".join(shlex.quote(task.id) for task in tasks)
    command, options = "wait", ""
    if output is not None:
        path = "-" if output.target is None else str(output.target)
        command, options = "download", f" --output {shlex.quote(path)}"
        options += " --force" if output.overwrite else ""
        options += "" if video_file == "video" else f" --kind {video_file}"
    print_message(f"orcarouter: interrupted; the service continues with {ids}. To resume:")
    print_message(f"  orcarouter video {command} {ids}{options}")
