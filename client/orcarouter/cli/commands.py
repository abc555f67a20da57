"""The commands. What they need beyond click is imported when they run: `--help` loads neither HTTP nor models."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from orcarouter import OrcaRouter, Outcome, ValidationResult, VideoTask
    from orcarouter.cli.show import Progress

__all__ = ["app"]

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
output_option = click.option(
    "--output", metavar="FILE", help="Bring the video to this file (waits for it)."
)


def _seconds(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and not value > 0:
        raise click.BadParameter("a number of seconds above 0 is needed")
    return value


def _interval(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value <= 86_400:
        raise click.BadParameter(
            "a number of seconds is needed, more than 0 and at most a day (86400)"
        )
    return value


def waiting_options(command: F) -> F:
    """The options of everything that waits."""
    command = click.option(
        "--interval",
        type=float,
        callback=_interval,
        metavar="SECONDS",
        help="Look this often, instead of by the model's usual time.",
    )(command)
    return click.option(
        "--timeout",
        type=float,
        default=3600.0,
        callback=_seconds,
        show_default=True,
        metavar="SECONDS",
        help="Stop waiting after this time; the task goes on.",
    )(command)


def _model_names(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from orcarouter.capabilities import list_models

    return [CompletionItem(entry.model) for entry in list_models() if entry.model.startswith(typed)]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="orcarouter", prog_name="orcarouter")
def app() -> None:
    """Make videos with Kling, Seedance and MiniMax models through OrcaRouter.

    The API key comes from ORCAROUTER_API_KEY, or from a file that only you can read: ORCAROUTER_API_KEY_FILE, else
    ~/.config/orcarouter/key. ORCAROUTER_BASE_URL names another server, such as the emulator.
    """


@app.group()
def video() -> None:
    """Submit tasks, wait for them, download videos."""


@video.command()
@click.option("--model", shell_complete=_model_names, help="The model, such as kling/kling-v3.")
@click.option("--prompt", help="What the video shows.")
@click.option(
    "--request", "file", metavar="FILE", help="A request as JSON or YAML; - reads standard input."
)
@click.option("--image", metavar="URL|FILE", help="The first frame.")
@click.option("--last-frame", metavar="URL|FILE", help="The last frame.")
@click.option("--reference-image", multiple=True, metavar="URL|FILE", help="May be repeated.")
@click.option("--reference-video", multiple=True, metavar="URL", help="May be repeated.")
@click.option("--mode", help="Kling's quality: std, pro or 4k.")
@click.option("--resolution", help="The picture's size, where the model has such a parameter.")
@click.option("--aspect-ratio", metavar="W:H", help="The picture's shape.")
@click.option("--duration", metavar="SECONDS", help="The video's length.")
@click.option("--negative-prompt", help="What the video should not show.")
@click.option("--sound", metavar="on|off", help="Native audio.")
@click.option("--seed", metavar="NUMBER", help="Where the model takes one.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Any other field, such as metadata.cfg_scale=0.7. May be repeated.",
)
@click.option("--check/--no-check", default=True, help="Check against the capability map first.")
@click.option("--dry-run", is_flag=True, help="Print the request and the findings; send nothing.")
@click.option("--wait", is_flag=True, help="Wait until the video is there.")
@output_option
@waiting_options
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
    timeout: float,
    interval: float | None,
    as_json: bool,
    **flags: str | None,
) -> int:
    """Submit a task, which costs."""
    from orcarouter.cli import show
    from orcarouter.cli.compose import compose
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
    target = _target(output)
    with _told_as_json(as_json):
        if check and (code := _refused_by_check(request, as_json)):
            return code
    with _told_as_json(as_json), _client() as orca:
        try:
            task = orca.videos.create(request, check="off")
        except KeyboardInterrupt:
            show.say(
                "orcarouter: interrupted while submitting: a task may have been made, and may cost; "
                "look in the console of the service before submitting again"
            )
            return 130
        show.say(f"submitted: {task.id}")
        if wait or target is not None:
            return _finish(orca, [task], target, timeout, interval, as_json)
        return _tell_submitted(task, as_json)


@video.command()
@click.argument("task_id")
@json_option
def status(task_id: str, as_json: bool) -> int:
    """Show the state of a task."""
    from orcarouter.cli import show

    with _told_as_json(as_json), _client() as orca:
        pairs = show.task_facts(orca.resume(task_id).look())
    (show.as_json if as_json else show.facts)(pairs)
    return 0


@video.command()
@click.argument("task_id", nargs=-1, required=True)
@output_option
@waiting_options
@json_option
def wait(
    task_id: tuple[str, ...],
    output: str | None,
    timeout: float,
    interval: float | None,
    as_json: bool,
) -> int:
    """Wait for tasks, given by ids or resume tokens."""
    if output is not None and len(task_id) > 1:
        raise click.UsageError("--output goes with one task; `video download` takes several")
    target = _target(output)
    with _client() as orca:
        tasks = [orca.resume(each) for each in task_id]
        return _finish(orca, tasks, target, timeout, interval, as_json)


@video.command()
@click.argument("task_id", nargs=-1, required=True)
@click.option(
    "--output", metavar="FILE|FOLDER", default=".", help="Default: TASK_ID.mp4 in this folder."
)
@click.option(
    "--kind",
    type=click.Choice(["video", "last_frame", "watermarked"]),
    default="video",
    help="Which of the task's files.",
)
@waiting_options
@json_option
def download(
    task_id: tuple[str, ...],
    output: str,
    kind: Any,
    timeout: float,
    interval: float | None,
    as_json: bool,
) -> int:
    """Bring videos to this disk, waiting for them if need be.

    Interrupted, it goes on from FILE.part the next time.
    """
    target = Path(output)
    if len(task_id) > 1 and not target.is_dir():
        raise click.UsageError("for several tasks, --output is a folder")
    if not target.is_dir():
        _target(output)
    with _client() as orca:
        tasks = [orca.resume(each) for each in task_id]
        return _finish(orca, tasks, target, timeout, interval, as_json, kind)


@app.command()
@click.argument("file")
@json_option
def check(file: str, as_json: bool) -> int:
    """Check a request (JSON or YAML) against the capability map; sends nothing.

    Exit code 1 when there are errors.
    """
    from orcarouter.capabilities import check as look_up
    from orcarouter.cli import show
    from orcarouter.cli.request_file import read_request

    findings = look_up(_inlined(read_request(file)))
    if as_json:
        show.as_json({"ok": findings.ok, "findings": _as_dicts(findings)})
    else:
        for found in findings:
            print(f"{found.level}: {found}")
        if not findings:
            show.say(f"{file}: nothing to object to")
    return 0 if findings.ok else 1


@app.command()
@json_option
def models(as_json: bool) -> int:
    """List the models that the service offers to this account."""
    from orcarouter.capabilities import find_model
    from orcarouter.cli import show

    with _told_as_json(as_json), _client() as orca:
        offered = orca.models.list()
    if as_json:
        show.as_json([model.to_dict() for model in offered])
        return 0
    rows = [("model", "owner", "in the capability map")]
    rows += [
        (model.id, str(model.owned_by or ""), "yes" if find_model(model.id) else "no")
        for model in offered
    ]
    show.table(rows)
    return 0


@app.command("capabilities")
@click.argument("model", required=False, shell_complete=_model_names)
@json_option
def capabilities_(model: str | None, as_json: bool) -> int:
    """Show what the models take, or all about one of them."""
    from orcarouter import capabilities as known
    from orcarouter.cli import show

    if model is None:
        if as_json:
            show.as_json([entry.to_dict() for entry in known.list_models()])
        else:
            show.table(known.models_as_rows())
        return 0
    entry = known.find_model(model)
    if entry is None:
        near = known.suggest_model(model)
        hint = f"; did you mean {near}?" if near else ""
        raise click.ClickException(f"the capability map does not know {model!r}{hint}")
    if as_json:
        show.as_json(entry.to_dict())
        return 0
    show.table(known.parameters_as_rows(entry))
    if entry.rules:
        print()
        show.table(known.rules_as_rows(entry))
    return 0


@app.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--script", metavar="FILE", help="What goes wrong, as YAML or JSON.")
def emulator(port: int, script: str | None) -> int:
    """Run a local emulator of the service until interrupted.

    A script is a list of faults, or a mapping of `steps` and settings:

    \b
        running: 20                                          # seconds that a task takes
        quirks: [created_at_milliseconds]
        steps:
          - {on: submit, status: 429, retry_after: 5}
          - {on: lookup, skip: 1, status: 503, times: 3}
          - {on: content, truncate: 1000}

    `python -m pydoc orcarouter.testing.faults` and `orcarouter.testing.settings` have all of them.
    """
    from orcarouter.cli import show

    def announce(line: str) -> None:
        print(line, flush=True)
        url = line.split()[-1]
        show.say(f"To use it: export ORCAROUTER_BASE_URL={url} ORCAROUTER_API_KEY=sk-orca-test")

    try:
        from orcarouter.testing import ScriptError, serve
    except ModuleNotFoundError as missing:
        raise click.ClickException(
            f"the emulator needs {missing.name}: pip install 'orcarouter[testing]'"
        ) from None
    try:
        serve(script, port=port, announce=announce)
    except ScriptError as error:
        raise click.ClickException(str(error)) from None
    return 0


@app.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print a script for completion in your shell: source it in the shell's start file."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    print(found(app, {}, "orcarouter", "_ORCAROUTER_COMPLETE").source())
    return 0


def _client() -> OrcaRouter:
    from orcarouter import OrcaRouter

    return OrcaRouter()


@contextmanager
def _told_as_json(as_json: bool) -> Generator[None, None, None]:
    """With --json, an error is told to scripts as well, before it ends the command."""
    from orcarouter.cli import show
    from orcarouter.cli.exits import exit_of
    from orcarouter.errors import OrcaRouterError

    try:
        yield
    except OrcaRouterError as error:
        if as_json:
            show.as_json({"error": show.error_facts(error, exit_of(error))})
        raise


def _target(output: str | None) -> Path | None:
    """The file to write, which is looked at before anything is paid for.

    Raises OSError.
    """
    if output is None:
        return None
    target = Path(output)
    if target.is_dir():
        raise IsADirectoryError(21, "is a folder; a file name is needed", str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(2, "no such folder", str(target.parent))
    import os

    if not os.access(target.parent, os.W_OK):
        raise PermissionError(13, "this folder cannot be written to", str(target.parent))
    return target


def _inlined(request: dict[str, Any]) -> dict[str, Any]:
    from orcarouter.media import with_files_inlined

    inlined: dict[str, Any] = with_files_inlined(request)
    return inlined


def _as_dicts(findings: ValidationResult) -> list[dict[str, Any]]:
    from attrs import asdict

    return [{**asdict(found), "text": str(found)} for found in findings]


def _refused_by_check(request: dict[str, Any], as_json: bool) -> int:
    """Print what the check finds; gives the exit code when it refuses."""
    from orcarouter.capabilities import check as look_up
    from orcarouter.cli import show

    findings = look_up(_inlined(request))
    for found in findings:
        if found.level != "note":
            show.say(f"{found.level}: {found}")
    if findings.ok:
        return 0
    message = "nothing was sent; --no-check sends it all the same"
    if as_json:
        error = {"kind": "RequestInvalid", "message": message, "exit": 1}
        show.as_json({"error": {**error, "findings": _as_dicts(findings)}})
    show.say(f"orcarouter: {message}")
    return 1


def _dry_run(request: dict[str, Any], as_json: bool) -> int:
    from orcarouter.capabilities import check as look_up
    from orcarouter.cli import show
    from orcarouter.redaction import scrubbed

    body = _inlined(request)
    findings = look_up(body)
    if as_json:
        show.as_json({"request": body, "ok": findings.ok, "findings": _as_dicts(findings)})
    else:
        show.as_json(scrubbed(body))
        for found in findings:
            show.say(f"{found.level}: {found}")
    return 0 if findings.ok else 1


def _tell_submitted(task: VideoTask, as_json: bool) -> int:
    from orcarouter.cli import show

    if as_json:
        assert task.snapshot is not None
        show.as_json({**show.task_facts(task.snapshot), "resume_token": task.resume_token()})
    else:
        print(task.id, flush=True)
        show.say(f"orcarouter video wait {shlex.quote(task.id)}  waits for it")
    return 0


def _finish(
    orca: OrcaRouter,
    tasks: list[VideoTask],
    target: Path | None,
    timeout: float,
    interval: float | None,
    as_json: bool,
    kind: Any = "video",
) -> int:
    """Wait for tasks, download their files if there is a target, print the results; gives the exit code."""
    from orcarouter.cli import show
    from orcarouter.cli.exits import exit_of
    from orcarouter.errors import OrcaRouterError

    codes: dict[str, int] = {}
    results: dict[str, Any] = {}
    with show.progress([task.id for task in tasks], quiet=as_json) as progress:
        try:
            for outcome in _ended(orca, tasks, timeout, interval, progress):
                task = outcome.task
                try:
                    results[task.id] = _result(outcome, target, kind, timeout, progress)
                except OrcaRouterError as error:
                    show.say(f"orcarouter: {error}")
                    codes[task.id] = code = exit_of(error)
                    results[task.id] = {
                        "task_id": task.id,
                        "error": show.error_facts(error, code),
                        "resume_token": task.resume_token(),
                    }
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
    ended = [results[task.id] for task in tasks if task.id in results]
    if as_json and ended:
        show.as_json(ended if len(tasks) > 1 else ended[0])
    elif not as_json:
        for result in ended:
            if "error" not in result:
                show.facts(_for_people(result))
    if interrupted:
        _tell_interrupted([task for task in tasks if task.id not in results], target, kind)
        return 130
    return next((codes[task.id] for task in tasks if task.id in codes), 0)


def _ended(
    orca: OrcaRouter,
    tasks: list[VideoTask],
    timeout: float,
    interval: float | None,
    progress: Progress,
) -> Iterator[Outcome[VideoTask]]:
    """The tasks as they end."""
    from orcarouter.batch import Outcome
    from orcarouter.errors import TaskError

    if len(tasks) > 1:
        yield from orca.as_completed(tasks, timeout, interval=interval, on_event=progress.event)
        return
    # In this thread, so that Ctrl-C does not wait for an answer.
    try:
        snapshot = tasks[0].wait(timeout, interval=interval, on_event=progress.event)
    except TaskError as error:
        yield Outcome(tasks[0], error=error)
    else:
        yield Outcome(tasks[0], snapshot)


def _result(
    outcome: Outcome[VideoTask],
    target: Path | None,
    kind: Any,
    timeout: float,
    progress: Progress,
) -> dict[str, Any]:
    from orcarouter.cli import show

    if outcome.error is not None or outcome.snapshot is None:
        assert outcome.error is not None
        raise outcome.error
    result = show.task_facts(outcome.snapshot)
    if target is not None:
        path = _named(target, outcome.task.id, kind)
        file = outcome.task.download(path, kind=kind, timeout=timeout, progress=progress.bytes)
        result["file"] = show.file_facts(file)
    return result


def _for_people(result: dict[str, Any]) -> dict[str, Any]:
    if "file" not in result:
        keys = ("task_id", "state", "video_url", "last_frame_url", "watermarked_url")
        return {key: result.get(key) for key in keys}
    return {"task_id": result["task_id"], "state": result["state"], **result["file"]}


def _named(target: Path, task_id: str, kind: str) -> Path:
    if not target.is_dir():
        return target
    # An id is the service's text: nothing of it may lead out of the folder.
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in task_id)
    return (
        target
        / f"{safe}{'' if kind == 'video' else '-' + kind}{'.png' if kind == 'last_frame' else '.mp4'}"
    )


def _tell_interrupted(tasks: Iterable[VideoTask], target: Path | None, kind: str) -> None:
    from orcarouter.cli import show

    ids = " ".join(shlex.quote(task.id) for task in tasks)
    verb, where = "wait", ""
    if target is not None:
        verb, where = "download", f" --output {shlex.quote(str(target))}"
        where += "" if kind == "video" else f" --kind {kind}"
    show.say(f"orcarouter: interrupted; the service goes on with {ids}. To go on here:")
    show.say(f"  orcarouter video {verb} {ids}{where}")
