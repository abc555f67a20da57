"""Runs a batch: keeps an executor busy with `work` until every job has ended."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias, Unpack

from attrs import define, evolve, field

from orcarouter import notebook
from orcarouter._clock import Clock, SystemClock
from orcarouter.batch.database import make_sqlite_url
from orcarouter.batch.jobs import read_jobs
from orcarouter.batch.ledger import Ledger
from orcarouter.batch.progress import Progress
from orcarouter.batch.records import Idle, Job, Limits
from orcarouter.batch.worker import (
    Step,
    Work,
    make_file_name,
    open_ledger,
    share_client,
    stop_sharing,
    work,
)
from orcarouter.client import BatchOptions, OrcaRouter
from orcarouter.errors import ConfigurationError, LedgerError, OrcaRouterError

if TYPE_CHECKING:
    from orcarouter.capabilities import SupportsToDict

__all__ = ["LEDGER_NAME", "Batch", "JobSource", "open_existing"]

log = logging.getLogger("orcarouter")

LEDGER_NAME = "ledger.sqlite"
JobSource: TypeAlias = "str | Path | Iterable[Mapping[str, Any] | SupportsToDict] | None"

_LONGEST_SLEEP = 5.0  # seconds; another process may have changed the ledger meanwhile
_MAX_FAILURES = 20  # steps in a row that an executor did not bring to an end
_PROGRESS_INTERVAL = 1.0  # seconds


class Batch:
    """A batch of jobs: `OrcaRouter.batch`. A context manager.

    Attributes:
        ledger: The ledger, with all jobs and submissions.
        stop_error: Why the last run ended although jobs were left to submit: an error of the account,
            or too many lost answers. None otherwise.
        limit: The limit, `tasks` or `credits`, that ended the last run; empty if none did.
    """

    ledger: Ledger

    def __init__(
        self,
        orca: OrcaRouter,
        jobs: JobSource,
        out: str | Path,
        **options: Unpack[BatchOptions],
    ) -> None:
        """Add the jobs to the ledger; see `OrcaRouter.batch`."""
        self.folder = Path(out)
        self.stop_error: OrcaRouterError | None = None
        self.limit = ""
        self._orca = orca
        self._clock = orca._session.clock
        new = (
            []
            if jobs is None
            else read_jobs(
                jobs,
                check=options.get("check", True),
                credits_per_task=options.get("credits_per_task"),
            )
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        url = options.get("ledger") or make_sqlite_url(self.folder / LEDGER_NAME)
        self.name = options.get("name") or self.folder.absolute().name or "batch"
        self.ledger = open_ledger(url, self.name, self._clock)
        if jobs is None and not self.ledger.exists:
            raise ConfigurationError(f"the ledger has no batch {self.name!r}: it needs jobs first")
        _check_times(options)
        limits = _merge_limits(self.ledger, options)
        _check_credits(limits, [job.credits for job in new])
        source = str(jobs) if isinstance(jobs, str | Path) else ""
        self.added = self.ledger.add(new, limits, source=source, is_taken=self._has_files)
        """How many of the jobs were not in the ledger before."""
        self._work = Work(
            ledger=url,
            batch=self.name,
            folder=str(self.folder.absolute()),
            base_url=orca.base_url,
            client=uuid.uuid4().hex,
            task_timeout=options.get("task_timeout", 6 * 3600.0),
            interval=options.get("interval"),
        )

    def _has_files(self, stem: str) -> bool:
        """Whether a file of that name exists: files of others are never overwritten."""
        return (self.folder / make_file_name(stem, "video")).exists()

    def run(
        self,
        executor: Executor | None = None,
        *,
        workers: int = 8,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Progress:
        """Run the batch to its end; `as_completed` without its jobs."""
        for _ in self.as_completed(executor, workers=workers, on_progress=on_progress):
            pass
        return self.progress()

    def as_completed(
        self,
        executor: Executor | None = None,
        *,
        workers: int = 8,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Iterator[Job]:
        """Run the batch, and yield each job as it ends: with its files, or with an error.

        A batch that was interrupted or killed is continued. Several processes may run the same batch
        at once; each yields the jobs whose end it sees.

        Args:
            executor: Where the work is done: any `concurrent.futures.Executor`; by default threads.
                Other processes have the API key from their environment.
            workers: How many steps are given to the executor at the same time.
            on_progress: Called about once a second. Without it, notebooks show the progress.

        Raises:
            LedgerError: The ledger cannot be read or written; nothing more was submitted.
        """
        run = _Run(self, workers, on_progress or notebook.follow_batch())
        own = ThreadPoolExecutor(workers, "orcarouter-batch") if executor is None else None
        share_client(self._work.client, self._orca)
        self.ledger.recover()
        self.ledger.wake_stalled()
        try:
            yield from run.loop(executor or own)  # type: ignore[arg-type]  # one of them is there
        finally:
            stop_sharing(self._work.client, wait=run.drain)
            if own is not None:
                own.shutdown()
            self.stop_error, self.limit = run.stop_error, run.limit
        if run.ledger_error is not None:
            raise run.ledger_error

    def progress(self) -> Progress:
        """Where the batch stands, without rates."""
        totals = self.ledger.totals()
        return Progress(
            counts=self.ledger.count(),
            tasks=totals["tasks"],
            credits=totals["credits"],
            cost=totals["cost"],
        )

    def jobs(self, *states: str) -> list[Job]:
        """The jobs, in the order of their file; only those in some states, if given."""
        return self.ledger.list_jobs(states=states)

    def write_report(self) -> Path:
        """Write the page `index.html` into the output folder; return its path."""
        from orcarouter.batch.report import write_report

        return write_report(self.ledger, self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ledger.close()

    def __repr__(self) -> str:
        return f"<Batch {self.name} in {self.folder}>"


def open_existing(folder: str | Path, url: str | None = None, name: str | None = None) -> Ledger:
    """The ledger of a batch that exists.

    Raises ConfigurationError if there is none, LedgerError.
    """
    folder = Path(folder)
    if url is None:
        path = folder if folder.is_file() else folder / LEDGER_NAME
        if not path.is_file():
            raise ConfigurationError(f"{path}: there is no ledger")
        folder, url = path.parent, make_sqlite_url(path)
    ledger = Ledger(url, name or folder.absolute().name)
    if not ledger.exists:
        names = ledger.list_batches()
        if name is None and len(names) == 1:  # the folder has been renamed
            return Ledger(url, names[0])
        present = f"it has {', '.join(names)}" if names else "it has none"
        raise ConfigurationError(f"the ledger has no batch {ledger.batch!r}: {present}")
    return ledger


def _check_times(options: BatchOptions) -> None:
    interval, timeout = options.get("interval"), options.get("task_timeout", 1.0)
    if interval is not None and not 0 < interval <= 600:  # `not`: NaN is invalid as well
        raise ConfigurationError(
            f"interval must be a number of seconds > 0, at most 600, not {interval!r}"
        )
    if not timeout > 0:
        raise ConfigurationError(f"task_timeout must be a number of seconds > 0, not {timeout!r}")


def _merge_limits(ledger: Ledger, options: BatchOptions) -> Limits:
    """The limits of the options; where there are none, those of the ledger."""
    limits = ledger.get_limits() if ledger.exists else Limits()
    return Limits(
        in_flight=options.get("in_flight", limits.in_flight),
        per_minute=options.get("per_minute", limits.per_minute),
        tasks=options.get("max_tasks", limits.tasks),
        credits=options.get("max_credits", limits.credits),
    )


def _check_credits(limits: Limits, expected: list[float | None]) -> None:
    if limits.credits is not None and None in expected:
        raise ConfigurationError(
            "a limit of credits needs to know what each job is expected to cost: give it by "
            "`credits` of the job, or for all by credits_per_task (--credits-per-task)"
        )


@define(eq=False)
class _Run:
    """One run of a batch in this process."""

    batch: Batch
    workers: int
    on_progress: Callable[[Progress], object] | None
    stop_error: OrcaRouterError | None = None
    ledger_error: LedgerError | None = None
    limit: str = ""
    _futures: set[Future[Step]] = field(factory=set)
    _numbers: count[int] = field(factory=count)
    _allowed: int = 1
    _idle: Idle | None = None
    _wake_at: float = 0.0
    _failures: int = 0
    _clock: Clock = field(init=False)
    _ledger: Ledger = field(init=False)
    _is_real: bool = field(init=False)
    _started: float = field(init=False)
    _ended_before: int = field(init=False)
    _first_end: float | None = None
    _next_progress: float = 0.0
    _next_recovery: float = 0.0

    def __attrs_post_init__(self) -> None:
        if self.workers < 1:
            raise ConfigurationError(f"workers must be at least 1, not {self.workers}")
        self._clock, self._ledger = self.batch._clock, self.batch.ledger
        self._is_real = isinstance(self._clock, SystemClock)
        self._started = self._clock.monotonic()
        progress = self.batch.progress()
        self._ended_before = progress.total - progress.open

    def loop(self, executor: Executor) -> Iterator[Job]:
        while True:
            at = self._clock.monotonic()
            self._look_after(at)
            if self.ledger_error is None and at >= self._wake_at:
                while len(self._futures) < self._allowed:
                    settings = evolve(
                        self.batch._work,
                        submit=self.stop_error is None,
                        number=next(self._numbers),
                    )
                    self._futures.add(executor.submit(work, settings))
            if not self._futures:
                if self.ledger_error is not None or self._is_finished():
                    break
                self._clock.sleep(max(0.0, self._wake_at - at))
                continue
            timeout = max(0.05, self._wake_at - at) if self._wake_at > at else _LONGEST_SLEEP
            done, _ = wait(
                self._futures, timeout if self._is_real else None, return_when=FIRST_COMPLETED
            )
            for future in done:
                self._futures.discard(future)
                job = self._handle(future)
                if job is not None:
                    self._first_end = self._first_end or self._clock.monotonic()
                    yield job
        self._next_progress = 0.0
        self._look_after(self._clock.monotonic())

    def drain(self) -> None:
        """Wait for the steps that have begun: their answers are written down."""
        for future in self._futures:
            future.cancel()
        wait(self._futures)

    def _handle(self, future: Future[Step]) -> Job | None:
        try:
            step = future.result()
        except LedgerError as error:
            # One with the id of a task is the one that people have to see.
            if self.ledger_error is None or error.task_id:
                self.ledger_error = error
            return None
        except BrokenExecutor:
            raise
        except Exception as error:
            # An executor of several machines gives up on work whose worker was killed. The ledger
            # knows what had been begun.
            self._failures += 1
            log.warning("a step of the batch failed: %s: %s", type(error).__name__, error)
            if self._failures >= _MAX_FAILURES:
                raise
            return None
        self._failures = 0
        if step.stop is not None and self.stop_error is None:
            self.stop_error = step.stop
            log.warning("no further submissions: %s", step.stop)
        if step.kind == "idle" and step.idle is not None:
            self._idle, self._allowed = step.idle, 1
            seconds = _LONGEST_SLEEP if step.idle.seconds is None else step.idle.seconds
            self._wake_at = self._clock.monotonic() + min(seconds, _LONGEST_SLEEP)
            return None
        self._idle, self._wake_at = None, 0.0
        self._allowed = min(self.workers, self._allowed + 1)
        return step.job if step.kind == "ended" else None

    def _is_finished(self) -> bool:
        idle = self._idle
        if idle is None or idle.active:
            return False
        if not idle.has_pending:
            return True
        self.limit = idle.limit
        return bool(idle.limit) or self.stop_error is not None

    def _look_after(self, at: float) -> None:
        """What is done every few seconds: find claims of processes that ended, show the progress."""
        if at >= self._next_recovery and self.ledger_error is None:
            self._next_recovery = at + _LONGEST_SLEEP
            if self._ledger.recover():
                self._wake_at = 0.0
        if self.on_progress is None or at < self._next_progress:
            return
        self._next_progress = at + _PROGRESS_INTERVAL
        progress = self.batch.progress()
        first_end = at if self._first_end is None else self._first_end
        paused = "" if self._idle is None else self._idle.pause_reason
        self.on_progress(
            evolve(
                progress,
                elapsed=at - self._started,
                ended=progress.total - progress.open - self._ended_before,
                since_first_end=at - first_end,
                pause_reason=paused,
            )
        )
