"""The work of a batch: `work` does the next thing that is due, and returns.

It is a plain function of a value that can be pickled, so that any `concurrent.futures.Executor` can
run it: threads, processes, Dask, Ray. It keeps nothing: what it does is claimed in the ledger before,
and written there after. So it does not matter how often it is run, where, or whether it is killed.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from attrs import evolve, field, frozen

from orcarouter._clock import Clock, SystemClock
from orcarouter._downloads import VideoFile
from orcarouter._redaction import one_line
from orcarouter._session import POLLING
from orcarouter._submission import Backoff
from orcarouter._tasks import DECLARED, find_usual_duration
from orcarouter.batch.jobs import decode_request
from orcarouter.batch.ledger import Ledger
from orcarouter.batch.records import Claim, Idle, Job, JobFile
from orcarouter.client import OrcaRouter
from orcarouter.errors import (
    AmbiguousSubmissionError,
    APIConnectionError,
    AuthenticationError,
    ConfigurationError,
    DownloadFailedError,
    InsufficientCreditError,
    InvalidRequestError,
    LedgerError,
    LookupFailedError,
    OrcaRouterError,
    OutputFileError,
    RateLimitError,
    RequestRejectedError,
    TaskNotFoundError,
)
from orcarouter.task import Snapshot
from orcarouter.videos import Videos, VideoTask
from orcarouter_api import Polling
from orcarouter_api._runtime.durations import Durations

__all__ = ["Step", "Work", "share_client", "stop_sharing", "work"]

log = logging.getLogger("orcarouter")

_PAUSE = Backoff(initial=2.0, max=60.0)
_LOOKUP_BACKOFF = Backoff(initial=2.0, max=60.0)
_DOWNLOAD_BACKOFF = Backoff(initial=10.0, max=600.0)
_DOWNLOAD_TIMEOUT = 270.0  # seconds for each file in one step; the next step continues it
_MAX_DOWNLOADS = 8  # steps without the files of a job
_MIN_NOT_FOUND = 4  # lookups in a row that say so, over at least so many seconds
_MIN_NOT_FOUND_TIME = 30.0
_MAX_UNKNOWN = 5  # setbacks in a row, the last of them a lost answer, that end submissions
_MAX_REFUSALS = 10  # "not now" of the service (5xx) for one job
_RECORD_ATTEMPTS = 60  # over five minutes


@frozen(kw_only=True)
class Work:
    """What `work` needs to know. Has no API key: in another process it comes from the environment."""

    ledger: str = field(repr=False)
    """The URL, which may have a password."""
    batch: str
    folder: str
    base_url: str
    client: str
    """The name of a client that this process shares (`share_client`)."""
    task_timeout: float
    """Seconds after which a task that still runs is left to the next run."""
    interval: float | None = None
    """Seconds between two lookups of a task; None: from the usual duration of its model."""
    submit: bool = True
    """Whether there are to be further submissions."""
    number: int = 0
    """Of the step: Dask runs a function only once with equal arguments."""


StepKind: TypeAlias = Literal["idle", "released", "submitted", "waiting", "ended"]


@frozen(kw_only=True)
class Step:
    """What was done."""

    kind: StepKind
    """`idle`: nothing was due; `released`: a job could not be submitted now; `submitted`: it has a
    task; `waiting`: the task still runs, or something is tried again; `ended`: the job has ended."""
    job: Job | None = None
    idle: Idle | None = None
    stop: OrcaRouterError | None = None
    """Why no further submission makes sense; None otherwise."""


class _StoppedError(Exception):
    """The run ends: a download is left to the next one."""


# What a process keeps between steps

_shared: dict[str, OrcaRouter] = {}
_stopping: set[str] = set()
_opened: dict[tuple[Any, ...], Any] = {}
_lock = threading.Lock()
_durations = Durations()


def share_client(name: str, client: OrcaRouter) -> None:
    """Let steps in this process use a client."""
    _shared[name] = client


def stop_sharing(name: str, *, wait: Callable[[], object]) -> None:
    """End downloads of this process, `wait` for its steps, and forget the client."""
    _stopping.add(name)
    try:
        wait()
    finally:
        _shared.pop(name, None)
        _stopping.discard(name)


def _open(key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """The ledger or client of this process; a child of a fork makes its own."""
    with _lock:
        key = (os.getpid(), *key)
        if key not in _opened:
            _opened[key] = make()
        return _opened[key]


@frozen
class _Tools:
    """The ledger and the client of a step."""

    work: Work
    ledger: Ledger
    orca: OrcaRouter

    @property
    def clock(self) -> Clock:
        return self.orca._session.clock

    @property
    def videos(self) -> Videos:
        """Submits once: whether and when again is for the ledger to say, for all processes."""
        return Videos(self.orca._session.submit_once())

    def first_delay(self, model: str) -> float:
        """Seconds from the submission to the first lookup."""
        polling, usual = self._get_schedule(model)
        return polling.first_delay(DECLARED, 0.0, usual)

    def next_delay(self, model: str, elapsed: float) -> float:
        """Seconds until the next lookup, `elapsed` after the submission."""
        polling, usual = self._get_schedule(model)
        return polling.next_delay(DECLARED, elapsed, usual)

    def _get_schedule(self, model: str) -> tuple[Polling, float | None]:
        if self.work.interval is not None:
            return Polling(interval=self.work.interval), None
        return POLLING, find_usual_duration(_durations, model)


def _open_tools(settings: Work) -> _Tools:
    orca = _shared.get(settings.client)
    if orca is None:
        orca = _open(("client", settings.base_url), lambda: OrcaRouter(base_url=settings.base_url))
    ledger = open_ledger(settings.ledger, settings.batch, orca._session.clock)
    return _Tools(settings, ledger, orca)


def open_ledger(url: str, batch: str, clock: Clock) -> Ledger:
    """The ledger of this process; a clock other than the system's replaces the database's."""
    own = None if isinstance(clock, SystemClock) else clock.time
    ledger: Ledger = _open(
        ("ledger", url, batch, None if own is None else id(clock)),
        lambda: Ledger(url, batch, clock=own),
    )
    return ledger


# Steps


def work(settings: Work) -> Step:
    """Do the next thing that is due: submit a job, look a task up, download files.

    Raises LedgerError.
    """
    tools = _open_tools(settings)
    claim = tools.ledger.claim(submit=settings.submit)
    if isinstance(claim, Idle):
        return Step(kind="idle", idle=claim)
    step = _submit(tools, claim) if claim.is_submission else _follow(tools, claim)
    if step.kind == "ended":
        return evolve(step, job=tools.ledger.get_job(claim.job.id))
    return step


def _submit(tools: _Tools, claim: Claim) -> Step:
    job, ledger, videos = claim.job, tools.ledger, tools.videos
    try:
        prepared = videos.prepare(decode_request(job.request))
    except InvalidRequestError as error:
        ledger.reject(job, error)
        return Step(kind="ended", job=job)
    if claim.needs_probe:
        # The next answer that is lost would be one too many: a free request goes first.
        try:
            tools.orca.models.list()
        except (APIConnectionError, RequestRejectedError) as error:
            ledger.release(job)
            _pause(ledger, error)
            return Step(kind="released", job=job, stop=_find_stop(error))
    ledger.fill_reserve()
    submission_id = ledger.begin_submission(job, prepared.digest)
    if submission_id is None:
        return Step(kind="released", job=job)

    def write_down(write: Callable[[], None], task_id: str = "") -> None:
        _write_down(tools, write, job, task_id)

    try:
        task = videos.create(prepared, check="off")
    except AmbiguousSubmissionError as error:
        ambiguous = error
        if error.task_id:
            task_id = error.task_id
            write_down(
                lambda: ledger.record_accepted(
                    submission_id, task_id, task_id, first_poll=0.0, error=str(ambiguous)
                ),
                task_id,
            )
            return Step(kind="submitted", job=job)
        write_down(
            lambda: ledger.record_unknown(submission_id, ambiguous, request_id=ambiguous.request_id)
        )
        setbacks = _pause(ledger, error)
        return Step(kind="ended", job=job, stop=error if setbacks >= _MAX_UNKNOWN else None)
    except RequestRejectedError as error:
        rejection, stop = error, _find_stop(error)
        is_outage = error.status_code >= 500
        again = stop is not None or isinstance(error, RateLimitError)
        again |= is_outage and len(ledger.list_submissions(job.id)) < _MAX_REFUSALS
        write_down(
            lambda: ledger.record_not_accepted(
                submission_id, rejection, again=again, request_id=rejection.request_id
            )
        )
        if is_outage or isinstance(error, RateLimitError):
            _pause(ledger, error)
        return Step(kind="released" if again else "ended", job=job, stop=stop)
    except OrcaRouterError as error:  # no connection, or settings of the network: nothing was sent
        unsent = error
        write_down(lambda: ledger.record_not_accepted(submission_id, unsent, again=True))
        _pause(ledger, error)
        is_temporary = isinstance(error, APIConnectionError)
        return Step(kind="released", job=job, stop=None if is_temporary else error)
    except BaseException as error:  # an interrupt, or a defect: the answer may name a task
        lost, task_id = error, str(getattr(error, "task_id", "") or "")
        if task_id:
            write_down(
                lambda: ledger.record_accepted(submission_id, task_id, task_id, first_poll=0.0),
                task_id,
            )
        else:
            write_down(lambda: ledger.record_unknown(submission_id, lost))
        raise
    first_poll = tools.first_delay(job.model)
    write_down(
        lambda: ledger.record_accepted(
            submission_id, task.id, task.resume_token(), first_poll=first_poll
        ),
        task.id,
    )
    return Step(kind="submitted", job=job)


def _write_down(tools: _Tools, write: Callable[[], None], job: Job, task_id: str) -> None:
    """Write the answer to a submission, on a full disk into the reserve, or when there is space again.

    Raises LedgerError, with the id of the task.
    """
    for attempt in range(_RECORD_ATTEMPTS):
        try:
            return write()
        except LedgerError as error:
            failure = error
            if not attempt:
                subject = f"it has the task {task_id}" if task_id else "it has no task"
                log.error("job %s: %s, but %s", job.name, subject, error)
        if not tools.ledger.free_reserve():
            tools.clock.sleep(5.0)
    raise LedgerError(str(failure), task_id=task_id) from failure


def _find_stop(error: OrcaRouterError) -> OrcaRouterError | None:
    """The error if it concerns the account, and so every other job as well."""
    return error if isinstance(error, AuthenticationError | InsufficientCreditError) else None


def _pause(ledger: Ledger, error: OrcaRouterError) -> int:
    retry_after = getattr(error, "retry_after", None) or 0.0
    return ledger.pause(lambda setbacks: max(retry_after, _PAUSE.delay(setbacks)), str(error))


def _follow(tools: _Tools, claim: Claim) -> Step:
    job, ledger = claim.job, tools.ledger
    task = tools.videos.task(job.token or job.task_id or "")
    elapsed = claim.at - (job.submitted_at or claim.at)
    try:
        snapshot = task.refresh()
    except TaskNotFoundError as error:
        since = claim.at - (job.first_failed_at or claim.at)
        if job.failures + 1 >= _MIN_NOT_FOUND and since >= _MIN_NOT_FOUND_TIME:
            return _end(ledger, job, "missing", error)
        return _wait_again(ledger, job, error, 15.0)
    except LookupFailedError as error:
        return _handle_failed_lookup(ledger, job, error)
    status = one_line(snapshot.status, 60)
    if snapshot.state == "failed":
        reason = one_line(snapshot.failure or "") or "the service gives no reason"
        code = f" ({one_line(snapshot.failure_code, 60)})" if snapshot.failure_code else ""
        ledger.record_end(
            job, "failed", error_type="TaskFailedError", error=f"{reason}{code}", status=status
        )
        return Step(kind="ended", job=job)
    if snapshot.state == "running":
        if elapsed > tools.work.task_timeout:
            text = f"still {status} after {elapsed:.0f} s; the next run waits for it again"
            ledger.record_end(
                job, "stalled", error_type="WaitTimeoutError", error=text, status=status
            )
            return Step(kind="ended", job=job)
        ledger.record_running(job, due_in=tools.next_delay(job.model, elapsed), status=status)
        return Step(kind="waiting", job=job)
    if job.state == "running":
        _durations.record(job.model, elapsed)
        ledger.record_succeeded(
            job, status=status, seconds=snapshot.seconds, cost=_find_cost(snapshot.raw)
        )
    return _download(tools, job, task, snapshot)


def _handle_failed_lookup(ledger: Ledger, job: Job, error: LookupFailedError) -> Step:
    reason = error.reason
    if isinstance(reason, RateLimitError):
        _pause(ledger, reason)
    delay = _LOOKUP_BACKOFF.delay(job.failures + 1)
    retry_after = getattr(reason, "retry_after", None) or 0.0
    ledger.record_running(job, due_in=min(max(delay, retry_after), 600.0), failure=str(error))
    stop = reason if isinstance(reason, AuthenticationError | ConfigurationError) else None
    return Step(kind="waiting", job=job, stop=stop)


def _wait_again(ledger: Ledger, job: Job, error: Exception, delay: float) -> Step:
    ledger.record_running(job, due_in=delay, failure=str(error))
    return Step(kind="waiting", job=job)


def _end(
    ledger: Ledger, job: Job, state: Literal["missing", "download_failed"], error: Exception
) -> Step:
    ledger.record_end(job, state, error_type=type(error).__name__, error=str(error))
    return Step(kind="ended", job=job)


# Files


def _download(tools: _Tools, job: Job, task: VideoTask, snapshot: Snapshot) -> Step:
    """Download and verify all files of a task, and end the job."""
    folder, ledger = Path(tools.work.folder), tools.ledger

    def check_stop(*_: object) -> None:
        if tools.work.client in _stopping:
            raise _StoppedError

    files = []
    try:
        for kind in get_args(VideoFile):
            if kind != "video" and getattr(snapshot, f"{kind}_url") is None:
                continue
            name = make_file_name(job.stem, kind)
            file = task.download(
                folder / name,
                file=kind,
                timeout=_DOWNLOAD_TIMEOUT,
                on_progress=check_stop,
                overwrite=True,  # of no one else: `Batch` chose the name
            )
            files.append(JobFile(kind=kind, path=name, size=file.size, sha256=file.sha256))
    except _StoppedError:
        ledger.release(job)
        return Step(kind="waiting", job=job)
    except (DownloadFailedError, OutputFileError, OSError) as error:
        if job.failures + 1 >= _MAX_DOWNLOADS:
            return _end(ledger, job, "download_failed", error)
        return _wait_again(ledger, job, error, _DOWNLOAD_BACKOFF.delay(job.failures + 1))
    ledger.record_done(job, files)
    return Step(kind="ended", job=job)


def make_file_name(stem: str, kind: str) -> str:
    """The name of a file of a job."""
    if kind == "video":
        return f"{stem}.mp4"
    return f"{stem}-{kind}{'.png' if kind == 'last_frame' else '.mp4'}"


def _find_cost(body: Any) -> float | None:
    """The service's charge, in its own units: `quota` of the task; None if there is none."""
    data = body.get("data") if isinstance(body, Mapping) else None
    for block in (data, body):
        value = block.get("quota") if isinstance(block, Mapping) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15:
            return float(value)
    return None
