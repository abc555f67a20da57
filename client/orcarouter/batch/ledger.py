"""The ledger of batches: all SQL of the package, by SQLAlchemy Core.

A ledger is a database: SQLite in the output folder, or PostgreSQL for several machines. It has an
intent, with the digest of the request, before anything is sent; a submission without an answer stays
in it as `unknown`. Nothing is decided by the time of this machine: leases, pauses and limits follow
the database's own clock.

    pending ──> submitting ──> running ──> succeeded ──> done
       ^            ├──> rejected  ├──> failed   └──> download_failed
       └── 429, no  ├──> unknown   ├──> missing
           connection              └──> stalled

The schema has a version. `MIGRATIONS` is the ordered list of what made each version from the one
before: a dozen statements need no tool for migrations with an environment of its own.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from attrs import field, frozen
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from orcarouter._http.redaction import one_line
from orcarouter.errors import ConfigurationError, LedgerError

__all__ = [
    "MIGRATIONS",
    "STATES",
    "Claim",
    "Idle",
    "Job",
    "JobFile",
    "Ledger",
    "Limits",
    "NewJob",
    "State",
    "make_sqlite_url",
]

State = Literal[
    "pending",
    "submitting",
    "running",
    "succeeded",
    "done",
    "failed",
    "rejected",
    "download_failed",
    "unknown",
    "missing",
    "stalled",
    "abandoned",
]

STATES: Mapping[State, str] = {
    "pending": "not submitted yet",
    "submitting": "being submitted",
    "running": "the service works on it",
    "succeeded": "finished; its files are being downloaded",
    "done": "its files are here, and verified",
    "failed": "ended without a video; held credit is returned",
    "rejected": "no task was created",
    "download_failed": "finished, but a file could not be downloaded",
    "unknown": "the answer was lost: a task may exist, and be billed",
    "missing": "the service does not know the task any more",
    "stalled": "still running after the time limit",
    "abandoned": "given up by a person",
}
"""What each state of a job means."""

ACTIVE = ("submitting", "running", "succeeded")
_AT_SERVICE = ("submitting", "running")

MAX_LEASE = 900.0
"""Seconds. A due time that is further away is of a clock that has been set back."""
_CLAIM_LEASE = 120.0
_SUBMISSION_LEASE = 420.0  # longer than any submission takes (`RetryPolicy.total_timeout`)
_MAX_PAUSE = 2 * 86_400.0  # seconds; a Retry-After is at most a day

MIGRATIONS: Sequence[Sequence[str]] = (
    (
        """CREATE TABLE batches (
            id {serial},
            name TEXT NOT NULL UNIQUE,
            created_at DOUBLE PRECISION NOT NULL,
            source TEXT NOT NULL DEFAULT '',
            max_in_flight INTEGER,
            max_per_minute INTEGER,
            max_tasks INTEGER,
            max_credits DOUBLE PRECISION,
            tasks INTEGER NOT NULL DEFAULT 0,
            credits DOUBLE PRECISION NOT NULL DEFAULT 0,
            paused_until DOUBLE PRECISION NOT NULL DEFAULT 0,
            pause_reason TEXT NOT NULL DEFAULT '',
            setbacks INTEGER NOT NULL DEFAULT 0
        )""",
        """CREATE TABLE jobs (
            id {serial},
            batch_id INTEGER NOT NULL REFERENCES batches (id),
            name TEXT NOT NULL,
            line INTEGER,
            model TEXT NOT NULL,
            prompt TEXT NOT NULL,
            request TEXT NOT NULL,
            credits DOUBLE PRECISION,
            stem TEXT NOT NULL,
            state TEXT NOT NULL,
            submission_id INTEGER,
            due_at DOUBLE PRECISION NOT NULL DEFAULT 0,
            owner TEXT NOT NULL DEFAULT '',
            failures INTEGER NOT NULL DEFAULT 0,
            first_failed_at DOUBLE PRECISION,
            status TEXT NOT NULL DEFAULT '',
            ended_at DOUBLE PRECISION,
            seconds DOUBLE PRECISION,
            error_type TEXT NOT NULL DEFAULT '',
            error TEXT NOT NULL DEFAULT '',
            UNIQUE (batch_id, name),
            UNIQUE (batch_id, stem)
        )""",
        "CREATE INDEX jobs_by_state ON jobs (batch_id, state, due_at, id)",
        """CREATE TABLE submissions (
            id {serial},
            batch_id INTEGER NOT NULL REFERENCES batches (id),
            job_id INTEGER NOT NULL REFERENCES jobs (id),
            digest TEXT NOT NULL,
            owner TEXT NOT NULL,
            sent_at DOUBLE PRECISION NOT NULL,
            credits DOUBLE PRECISION NOT NULL,
            outcome TEXT NOT NULL,
            task_id TEXT,
            token TEXT,
            request_id TEXT,
            cost DOUBLE PRECISION,
            error TEXT NOT NULL DEFAULT ''
        )""",
        "CREATE INDEX submissions_by_time ON submissions (batch_id, sent_at)",
        "CREATE INDEX submissions_by_job ON submissions (job_id)",
        """CREATE TABLE files (
            job_id INTEGER NOT NULL REFERENCES jobs (id),
            kind TEXT NOT NULL,
            path TEXT NOT NULL,
            size BIGINT NOT NULL,
            sha256 TEXT NOT NULL,
            PRIMARY KEY (job_id, kind)
        )""",
    ),
)
"""Statements that lead to version 1, 2, ... of the schema. A released one is never changed."""

_SERIAL = {
    "sqlite": "INTEGER PRIMARY KEY",
    "postgresql": "INTEGER GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
}
_NOW = {
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "extract(epoch from clock_timestamp())",
}
_MIGRATION_LOCK = 7_206_118  # any number, for pg_advisory_xact_lock


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


_version = _table("schema_version", "version")
_batches = _table(
    "batches",
    *("id name created_at source max_in_flight max_per_minute max_tasks max_credits".split()),
    *("tasks credits paused_until pause_reason setbacks".split()),
)
_jobs = _table(
    "jobs",
    *("id batch_id name line model prompt request credits stem state submission_id due_at".split()),
    *("owner failures first_failed_at status ended_at seconds".split()),
    *("error_type error".split()),
)
_submissions = _table(
    "submissions",
    *("id batch_id job_id digest owner sent_at credits outcome task_id token".split()),
    *("request_id cost error".split()),
)
_files = _table("files", "job_id", "kind", "path", "size", "sha256")


@frozen(kw_only=True)
class Limits:
    """Limits of a batch, for all processes together. None: no limit."""

    in_flight: int | None = 20
    """Tasks that the service works on at the same time."""
    per_minute: int | None = None
    """Submissions within any minute."""
    tasks: int | None = None
    """Tasks in all, those included whose submission is unknown."""
    credits: float | None = None
    """Credits in all, in the units in which the service reports the charge of a task (`quota`). A job
    counts with what is expected of it until its charge is known."""

    def __attrs_post_init__(self) -> None:
        for name in ("in_flight", "per_minute", "tasks", "credits"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigurationError(f"the limit {name} must be > 0, not {value!r}")


@frozen(kw_only=True)
class NewJob:
    """A job to add to the ledger."""

    name: str
    request: str
    """The request as JSON text."""
    model: str
    prompt: str
    stem: str
    """Of the names of its files."""
    line: int | None = None
    credits: float | None = None


@frozen(kw_only=True)
class JobFile:
    """A file of a job."""

    kind: str
    """`video`, `last_frame` or `watermarked`."""
    path: str
    """Relative to the output folder."""
    size: int
    """Bytes."""
    sha256: str


@frozen(kw_only=True)
class Job:
    """A job as the ledger has it. Times are Unix seconds by the database's clock."""

    id: int
    batch: str
    name: str
    line: int | None
    model: str
    prompt: str
    request: str = field(repr=False)
    """The request as JSON text; local files are strings `file:PATH`."""
    credits: float | None
    """Credits that are expected of it."""
    stem: str
    state: State
    status: str
    """The service's word for the state of the task."""
    failures: int
    first_failed_at: float | None
    digest: str | None
    """SHA-256 of the body of the last submission; None before the first."""
    submission_id: int | None
    task_id: str | None
    token: str | None = field(repr=False)
    """The resume token of the task."""
    submitted_at: float | None
    ended_at: float | None
    seconds: float | None
    """Length of the video."""
    cost: float | None
    """The service's charge; None if it is not known."""
    error_type: str
    error: str
    files: tuple[JobFile, ...] = ()

    @property
    def video(self) -> JobFile | None:
        """The video, once it has been downloaded."""
        return next((file for file in self.files if file.kind == "video"), None)

    def to_dict(self) -> dict[str, Any]:
        """What `batch list` and `batch export` show."""
        names = (
            "batch name line state status model prompt task_id digest submitted_at ended_at"
            " seconds credits cost error_type error"
        )
        return {
            **{name: getattr(self, name) for name in names.split()},
            "files": [
                {"kind": f.kind, "path": f.path, "size": f.size, "sha256": f.sha256}
                for f in self.files
            ],
        }


@frozen(kw_only=True)
class Claim:
    """A job that this process alone works on until its lease ends."""

    job: Job
    is_submission: bool
    needs_probe: bool
    """Whether a free request is to succeed first: the last submissions had setbacks."""
    at: float
    """Unix time of the claim, by the database's clock."""


@frozen(kw_only=True)
class Idle:
    """There is nothing to do at the moment."""

    seconds: float | None
    """Time until there may be; None: when another job changes."""
    active: int
    """Jobs that are submitted, running, or being downloaded, by any process."""
    has_pending: bool
    """Whether there are jobs that are not submitted."""
    limit: str = ""
    """The limit that keeps pending jobs from ever being submitted; empty if none does."""
    pause_reason: str = ""


def make_sqlite_url(path: Path) -> str:
    """The URL of a ledger in a file."""
    return sa.URL.create("sqlite", database=str(path.absolute())).render_as_string(False)


class Ledger:
    """A batch in a database. Safe to use from several threads and processes at once."""

    def __init__(self, url: str, batch: str, *, now: Callable[[], float] | None = None) -> None:
        """Open a database, and create or migrate its tables.

        `now` replaces the database's clock, in tests. Raises LedgerError, and ConfigurationError if
        the URL is not one of SQLite or PostgreSQL.
        """
        try:
            self._engine = _make_engine(url)
        except (ArgumentError, SQLAlchemyError) as error:
            raise ConfigurationError(f"the URL of the ledger cannot be used: {error}") from None
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"this ledger needs {error.name}: pip install 'orcarouter[postgres]'"
            ) from None
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        if self._engine.dialect.name not in _NOW:
            raise ConfigurationError("the URL of a ledger begins with sqlite: or postgresql:")
        self.batch = batch
        self.owner = make_owner()
        self._now = now
        path = self._engine.url.database
        self._reserve = Path(f"{path}.reserve") if self.is_sqlite and path else None
        self._location = self._engine.url.render_as_string(hide_password=True)
        self._migrate()
        self._batch_id = self._find_batch()

    # Connections

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise self._make_error("read", error) from error

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        """A transaction that holds SQLite's only lock for writing from its beginning."""
        try:
            connected = self._engine.connect().execution_options(is_write=True)
            with connected as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise self._make_error("written", error) from error

    def _make_error(self, verb: str, error: DBAPIError) -> LedgerError:
        reason = one_line(str(error.orig or error), 200)
        return LedgerError(f"the ledger {self._location} cannot be {verb}: {reason}")

    def time(self, connection: sa.Connection | None = None) -> float:
        """Unix time by the database's clock."""
        if self._now is not None:
            return self._now()
        if connection is None:
            with self._read() as connection:
                return self.time(connection)
        return float(connection.scalar(sa.text(f"SELECT {_NOW[connection.dialect.name]}")) or 0.0)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # The schema

    def _migrate(self) -> None:
        with self._read() as connection:
            if sa.inspect(connection).has_table("schema_version"):
                version = connection.scalar(sa.select(_version.c.version))
                if version == len(MIGRATIONS):
                    return
        with self._write() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            if not sa.inspect(connection).has_table("schema_version"):
                connection.exec_driver_sql("CREATE TABLE schema_version (version INTEGER)")
                connection.execute(sa.insert(_version).values(version=0))
            version = connection.scalar(sa.select(_version.c.version)) or 0
            if version > len(MIGRATIONS):
                raise LedgerError(
                    f"the ledger {self._location} has version {version} of its schema; this program "
                    f"knows versions up to {len(MIGRATIONS)}: install a newer orcarouter"
                )
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    serial = _SERIAL[connection.dialect.name]
                    connection.exec_driver_sql(statement.format(serial=serial))
            connection.execute(sa.update(_version).values(version=len(MIGRATIONS)))

    def _find_batch(self) -> int:
        query = sa.select(_batches.c.id).where(_batches.c.name == self.batch)
        with self._read() as connection:
            found = connection.scalar(query)
        return -1 if found is None else int(found)

    @property
    def exists(self) -> bool:
        """Whether the ledger has the batch."""
        return self._batch_id >= 0

    def list_batches(self) -> list[str]:
        """The names of all batches in the database."""
        with self._read() as connection:
            return list(connection.scalars(sa.select(_batches.c.name).order_by(_batches.c.id)))

    # Jobs

    def add(
        self,
        jobs: Iterable[NewJob],
        limits: Limits,
        *,
        source: str = "",
        is_taken: Callable[[str], bool] = lambda stem: False,
    ) -> int:
        """Add the jobs that the batch does not have yet, and set its limits; return how many.

        `is_taken` tells whether there are files of that name that are not of the batch. Raises ConfigurationError if the batch has a job of the same name with another request.
        """
        with self._write() as connection:
            values = {
                "max_in_flight": limits.in_flight,
                "max_per_minute": limits.per_minute,
                "max_tasks": limits.tasks,
                "max_credits": limits.credits,
            }
            batch = self._lock_batch(connection)
            if batch is None:
                now = self.time(connection)
                new = {"name": self.batch, "created_at": now, "source": source, **values}
                connection.execute(sa.insert(_batches).values(**new))
                batch = self._lock_batch(connection)
                assert batch is not None
            else:
                self._update_batch(connection, batch.id, **values)
            self._batch_id = batch.id
            known = {
                row.name: row
                for row in connection.execute(
                    sa.select(_jobs.c.name, _jobs.c.request, _jobs.c.stem).where(
                        _jobs.c.batch_id == batch.id
                    )
                )
            }
            stems = {row.stem for row in known.values()}
            rows = []
            for job in jobs:
                if job.name in known:
                    if known[job.name].request != job.request:
                        place = f"line {job.line}: " if job.line else ""
                        raise ConfigurationError(
                            f"{place}the ledger has a job {job.name!r} with another request; "
                            "give the new one another id"
                        )
                    continue
                stem, number = job.stem, 2
                while stem in stems or is_taken(stem):
                    stem, number = f"{job.stem}-{number}", number + 1
                stems.add(stem)
                rows.append(
                    {
                        "batch_id": batch.id,
                        "name": job.name,
                        "line": job.line,
                        "model": job.model,
                        "prompt": job.prompt,
                        "request": job.request,
                        "credits": job.credits,
                        "stem": stem,
                        "state": "pending",
                    }
                )
            if rows:
                connection.execute(sa.insert(_jobs), rows)
            return len(rows)

    def get_limits(self) -> Limits:
        """The limits of the batch."""
        with self._read() as connection:
            row = connection.execute(
                sa.select(_batches).where(_batches.c.id == self._batch_id)
            ).one()
        return Limits(
            in_flight=row.max_in_flight,
            per_minute=row.max_per_minute,
            tasks=row.max_tasks,
            credits=row.max_credits,
        )

    def list_jobs(
        self,
        *,
        states: Sequence[str] = (),
        names: Sequence[str] = (),
        all_batches: bool = False,
    ) -> list[Job]:
        """Jobs in the order in which they were added."""
        query = _select_jobs()
        if not all_batches:
            query = query.where(_jobs.c.batch_id == self._batch_id)
        if states:
            query = query.where(_jobs.c.state.in_(states))
        if names:
            query = query.where(_jobs.c.name.in_(names) | _submissions.c.task_id.in_(names))
        with self._read() as connection:
            rows = connection.execute(query.order_by(_jobs.c.id)).all()
            files: dict[int, list[JobFile]] = {}
            wanted = sa.select(_files).order_by(_files.c.kind.desc())
            if len(rows) <= 500:
                wanted = wanted.where(_files.c.job_id.in_([row.id for row in rows]))
            for row in connection.execute(wanted):
                files.setdefault(row.job_id, []).append(_make_file(row))
        return [_make_job(row, files.get(row.id, ())) for row in rows]

    def get_job(self, job_id: int) -> Job:
        """One job."""
        with self._read() as connection:
            row = connection.execute(_select_jobs().where(_jobs.c.id == job_id)).one()
            files = connection.execute(
                sa.select(_files).where(_files.c.job_id == job_id).order_by(_files.c.kind.desc())
            ).all()
        return _make_job(row, [_make_file(file) for file in files])

    def count(self) -> dict[str, int]:
        """The number of jobs in each state that occurs."""
        query = (
            sa.select(_jobs.c.state, sa.func.count().label("number"))
            .where(_jobs.c.batch_id == self._batch_id)
            .group_by(_jobs.c.state)
        )
        with self._read() as connection:
            return {row.state: row.number for row in connection.execute(query)}

    def totals(self) -> dict[str, float]:
        """Tasks and credits that count for the limits, and the charges that are known."""
        with self._read() as connection:
            row = connection.execute(
                sa.select(_batches.c.tasks, _batches.c.credits).where(
                    _batches.c.id == self._batch_id
                )
            ).one()
            cost = connection.scalar(
                sa.select(sa.func.sum(_submissions.c.cost)).where(
                    _submissions.c.batch_id == self._batch_id
                )
            )
        return {"tasks": row.tasks, "credits": row.credits, "cost": float(cost or 0.0)}

    def list_submissions(self, job_id: int | None = None) -> list[dict[str, Any]]:
        """Everything that was sent, or was about to be, oldest first."""
        query = sa.select(_submissions).where(_submissions.c.batch_id == self._batch_id)
        if job_id is not None:
            query = query.where(_submissions.c.job_id == job_id)
        with self._read() as connection:
            rows = connection.execute(query.order_by(_submissions.c.id))
            return [dict(row._mapping) for row in rows]

    # Claims

    def claim(self, *, submit: bool = True) -> Claim | Idle:
        """Take the job that is due first: a lookup or a download before a submission.

        Until its lease ends, no other process works on it. A submission then needs
        `begin_submission`. `submit`: whether there are to be any.
        """
        with self._write() as connection:
            batch = self._lock_batch(connection)
            assert batch is not None
            now = self.time(connection)
            is_paused = _is_paused(batch, now)
            first = self._find_due(
                connection, ("succeeded",) if is_paused else ("running", "succeeded"), now
            )
            is_submission, limit, wait = False, "", None
            if first is None and not is_paused and submit:
                first = self._find_due(connection, ("pending",), now)
                if first is not None:
                    is_submission = True
                    limit, wait = self._check_limits(connection, batch, now, first.credits or 0.0)
            if first is None or limit or wait is not None:
                return self._describe_idle(connection, batch, now, limit, wait, submit)
            # A claim is a due time in the future: until then the job is due for nobody else.
            connection.execute(
                sa.update(_jobs)
                .where(_jobs.c.id == first.id)
                .values(
                    owner=self.owner,
                    due_at=now + (MAX_LEASE if first.state == "succeeded" else _CLAIM_LEASE),
                )
            )
            row = connection.execute(_select_jobs().where(_jobs.c.id == first.id)).one()
        return Claim(
            job=_make_job(row),
            is_submission=is_submission,
            needs_probe=batch.setbacks > 0,
            at=now,
        )

    def _find_due(self, connection: sa.Connection, states: Sequence[str], now: float) -> Any:
        return connection.execute(
            sa.select(_jobs.c.id, _jobs.c.credits, _jobs.c.state)
            .where(_jobs.c.batch_id == self._batch_id, _jobs.c.state.in_(states), _is_due(now))
            .order_by(_jobs.c.due_at, _jobs.c.id)
            .limit(1)
        ).one_or_none()

    def _check_limits(
        self, connection: sa.Connection, batch: Any, now: float, expected: float
    ) -> tuple[str, float | None]:
        """The limit that forbids any submission, or the seconds until the next one may follow.

        `("", None)` if a job of that many credits may be submitted now.
        """
        if batch.max_tasks is not None and batch.tasks >= batch.max_tasks:
            return "tasks", None
        if batch.max_credits is not None and batch.credits + expected > batch.max_credits:
            return "credits", None
        states = ("submitting",) if batch.setbacks else _AT_SERVICE
        most = 1 if batch.setbacks else batch.max_in_flight
        if most is not None:
            at_service = connection.scalar(
                sa.select(sa.func.count()).where(
                    _jobs.c.batch_id == batch.id, _jobs.c.state.in_(states)
                )
            )
            if (at_service or 0) >= most:
                return "", MAX_LEASE
        if batch.max_per_minute is not None:
            recent = connection.scalars(
                sa.select(_submissions.c.sent_at)
                .where(_submissions.c.batch_id == batch.id, _submissions.c.sent_at > now - 60)
                .order_by(_submissions.c.sent_at.desc())
                .limit(batch.max_per_minute)
            ).all()
            if len(recent) >= batch.max_per_minute:
                return "", max(0.001, recent[-1] + 60 - now)
        return "", None

    def _describe_idle(
        self,
        connection: sa.Connection,
        batch: Any,
        now: float,
        limit: str,
        wait: float | None,
        submit: bool,
    ) -> Idle:
        mine = _jobs.c.batch_id == batch.id
        active, next_due = connection.execute(
            sa.select(sa.func.count(), sa.func.min(_jobs.c.due_at)).where(
                mine, _jobs.c.state.in_(ACTIVE)
            )
        ).one()
        pending = connection.scalar(
            sa.select(_jobs.c.due_at)
            .where(mine, _jobs.c.state == "pending")
            .order_by(_jobs.c.due_at)
            .limit(1)
        )
        if _is_paused(batch, now):
            times = [batch.paused_until]
        else:
            times = [] if next_due is None else [next_due]
            if wait is not None:
                times.append(now + wait)
            elif pending is not None and not limit and submit:
                times.append(pending)
        return Idle(
            seconds=max(0.01, min(times) - now) if times else None,
            active=active,
            has_pending=pending is not None,
            limit=limit,
            pause_reason=batch.pause_reason if _is_paused(batch, now) else "",
        )

    def release(self, job: Job, *, delay: float = 0.0) -> None:
        """Give a claim back; the job is due again after a delay."""
        with self._write() as connection:
            due_at = self.time(connection) + delay if delay else 0.0
            connection.execute(
                sa.update(_jobs)
                .where(_jobs.c.id == job.id, _jobs.c.owner == self.owner)
                .values(owner="", due_at=due_at)
            )

    # Submissions

    def reject(self, job: Job, error: BaseException) -> None:
        """End a claimed job that cannot be submitted: nothing was sent."""
        with self._write() as connection:
            now = self.time(connection)
            connection.execute(
                sa.update(_jobs)
                .where(
                    _jobs.c.id == job.id,
                    _jobs.c.state == "pending",
                    _jobs.c.owner == self.owner,
                )
                .values(
                    state="rejected",
                    owner="",
                    ended_at=now,
                    error_type=type(error).__name__,
                    error=str(error),
                )
            )

    def begin_submission(self, job: Job, digest: str) -> int | None:
        """Commit the intent to submit a claimed job; return its number.

        None if the claim has been lost, or a limit has been reached meanwhile: nothing may be sent.
        """
        with self._write() as connection:
            batch = self._lock_batch(connection)
            assert batch is not None
            now = self.time(connection)
            limit, wait = self._check_limits(connection, batch, now, job.credits or 0.0)
            claimed = [
                _jobs.c.id == job.id,
                _jobs.c.state == "pending",
                _jobs.c.owner == self.owner,
            ]
            if limit or wait is not None or _is_paused(batch, now):
                connection.execute(sa.update(_jobs).where(*claimed).values(owner="", due_at=0.0))
                return None
            changed = connection.execute(
                sa.update(_jobs)
                .where(*claimed, ~_is_due(now))
                .values(state="submitting", due_at=now + _SUBMISSION_LEASE, failures=0, error="")
            )
            if changed.rowcount != 1:
                return None
            submission_id = connection.execute(
                sa.insert(_submissions)
                .values(
                    batch_id=batch.id,
                    job_id=job.id,
                    digest=digest,
                    owner=self.owner,
                    sent_at=now,
                    credits=job.credits or 0.0,
                    outcome="sending",
                )
                .returning(_submissions.c.id)
            ).scalar_one()
            connection.execute(
                sa.update(_jobs)
                .where(_jobs.c.id == job.id)
                .values(submission_id=submission_id, error_type="")
            )
            self._update_batch(
                connection,
                batch.id,
                tasks=_batches.c.tasks + 1,
                credits=_batches.c.credits + (job.credits or 0.0),
            )
            return int(submission_id)

    def record_accepted(
        self,
        submission_id: int,
        task_id: str,
        token: str,
        *,
        first_poll: float,
        error: str = "",
    ) -> None:
        """Write down the id of a new task. It is due after `first_poll` seconds.

        Right whenever it comes: also if the job has been taken for `unknown` meanwhile.
        """
        with self._write() as connection:
            self._update_submission(
                connection,
                submission_id,
                outcome="accepted",
                task_id=task_id,
                token=token,
                error=error,
            )
            now = self.time(connection)
            connection.execute(
                sa.update(_jobs)
                .where(_submitted_as(submission_id))
                .values(
                    state="running",
                    owner="",
                    due_at=now + first_poll,
                    error_type="",
                    error="",
                )
            )
            if not error:
                self._update_batch(connection, self._batch_id, setbacks=0)

    def record_not_accepted(
        self,
        submission_id: int,
        error: BaseException,
        *,
        again: bool,
        request_id: str | None = None,
    ) -> None:
        """Write down that no task was created. `again`: the job is submitted later."""
        with self._write() as connection:
            now = self.time(connection)
            expected = self._update_submission(
                connection,
                submission_id,
                outcome="rejected",
                error=str(error),
                request_id=request_id,
            )
            connection.execute(
                sa.update(_jobs)
                .where(_submitted_as(submission_id))
                .values(
                    state="pending" if again else "rejected",
                    owner="",
                    due_at=now,  # behind the others
                    ended_at=None if again else now,
                    error_type=type(error).__name__,
                    error=str(error),
                )
            )
            self._update_batch(
                connection,
                self._batch_id,
                tasks=_batches.c.tasks - 1,
                credits=_batches.c.credits - expected,
            )

    def record_unknown(
        self, submission_id: int, error: BaseException, *, request_id: str | None = None
    ) -> None:
        """Write down that the answer to a submission was lost."""
        with self._write() as connection:
            self._update_submission(
                connection,
                submission_id,
                outcome="unknown",
                error=str(error),
                request_id=request_id,
            )
            connection.execute(
                sa.update(_jobs)
                .where(_submitted_as(submission_id))
                .values(
                    state="unknown",
                    owner="",
                    ended_at=self.time(connection),
                    error_type=type(error).__name__,
                    error=str(error),
                )
            )

    # Tasks

    def record_running(
        self, job: Job, *, due_in: float, status: str = "", failure: str | None = None
    ) -> None:
        """Write down a lookup, or a failed one, after which the task is still to be waited for."""
        with self._write() as connection:
            now = self.time(connection)
            values: dict[str, Any] = {"owner": "", "due_at": now + due_in}
            if failure is None:
                values |= {"status": status, "failures": 0, "first_failed_at": None, "error": ""}
            else:
                values |= {
                    "failures": job.failures + 1,
                    "first_failed_at": job.first_failed_at or now,
                    "error": failure,
                }
            connection.execute(
                sa.update(_jobs)
                .where(_jobs.c.id == job.id, _jobs.c.state.in_(("running", "succeeded")))
                .values(**values)
            )

    def record_succeeded(
        self, job: Job, *, status: str, seconds: float | None, cost: float | None
    ) -> None:
        """Write down that a task has succeeded, and keep the claim for the download."""
        with self._write() as connection:
            now = self.time(connection)
            changed = connection.execute(
                sa.update(_jobs)
                .where(_jobs.c.id == job.id, _jobs.c.state == "running")
                .values(
                    state="succeeded",
                    status=status,
                    seconds=seconds,
                    ended_at=now,
                    owner=self.owner,
                    due_at=now + MAX_LEASE,
                    failures=0,
                    first_failed_at=None,
                    error="",
                )
            )
            if changed.rowcount == 1 and cost is not None:
                self._set_cost(connection, job, cost)

    def record_done(self, job: Job, files: Sequence[JobFile]) -> None:
        """Write down the files of a job."""
        with self._write() as connection:
            connection.execute(sa.delete(_files).where(_files.c.job_id == job.id))
            rows = [
                {
                    "job_id": job.id,
                    "kind": file.kind,
                    "path": file.path,
                    "size": file.size,
                    "sha256": file.sha256,
                }
                for file in files
            ]
            connection.execute(sa.insert(_files), rows)
            self._end(connection, job, "done", ("succeeded", "running"))

    def record_end(
        self, job: Job, state: State, *, error_type: str, error: str, status: str = ""
    ) -> None:
        """Write down how a job ended without all of its files."""
        with self._write() as connection:
            now = self.time(connection)
            ended = self._end(
                connection,
                job,
                state,
                ("succeeded", "running"),
                error_type=error_type,
                error=error,
                **({"status": status} if status else {}),
                **({"ended_at": now} if job.state == "running" else {}),
            )
            if ended and state == "failed":
                self._set_cost(connection, job, 0.0)  # credit that was held is returned

    def _end(
        self, connection: sa.Connection, job: Job, state: str, before: Sequence[str], **values: Any
    ) -> bool:
        changed = connection.execute(
            sa.update(_jobs)
            .where(_jobs.c.id == job.id, _jobs.c.state.in_(before))
            .values(**{"state": state, "owner": "", "error_type": "", "error": ""} | values)
        )
        return changed.rowcount == 1

    def _set_cost(self, connection: sa.Connection, job: Job, cost: float) -> None:
        expected = job.credits or 0.0
        connection.execute(
            sa.update(_submissions).where(_submissions.c.id == job.submission_id).values(cost=cost)
        )
        self._update_batch(connection, self._batch_id, credits=_batches.c.credits - expected + cost)

    # Pauses and recovery

    def pause(self, seconds: Callable[[int], float], reason: str) -> int:
        """Pause all requests of all processes; return the number of setbacks in a row.

        `seconds` gives it from the number of setbacks in a row, this one included.
        """
        with self._write() as connection:
            batch = self._lock_batch(connection)
            assert batch is not None
            now = self.time(connection)
            # Requests that were in flight together are one setback.
            setbacks = batch.setbacks + (0 if now < batch.paused_until else 1)
            until = max(now + seconds(max(1, setbacks)), batch.paused_until)
            self._update_batch(
                connection, batch.id, paused_until=until, pause_reason=reason, setbacks=setbacks
            )
            return int(setbacks)

    def clear_setbacks(self) -> None:
        """The service answers again."""
        with self._write() as connection:
            self._update_batch(connection, self._batch_id, setbacks=0)

    def recover(self) -> int:
        """Find claims of processes that have ended; return how many.

        A submission among them is `unknown`: nobody can tell whether it was sent. Other claims are
        given back. A process of this machine is found at once, any other when its lease ends.
        """
        with self._read() as connection:
            now = self.time(connection)
            query = sa.select(_jobs.c.id, _jobs.c.owner, _is_due(now).label("expired")).where(
                _jobs.c.batch_id == self._batch_id,
                _jobs.c.state.in_(("pending", *ACTIVE)),
                _jobs.c.owner != "",
            )
            lost = [
                (row.id, row.owner)
                for row in connection.execute(query)
                if row.expired or _is_dead(row.owner)
            ]
        if not lost:
            return 0
        with self._write() as connection:
            now = self.time(connection)
            for job_id, owner in lost:
                # Under its owner's name still: it may have been claimed again.
                claimed = [_jobs.c.id == job_id, _jobs.c.owner == owner]
                error = "the process that submitted it ended before the answer was written down"
                values = {"owner": "", "due_at": 0.0}
                changed = connection.execute(
                    sa.update(_jobs)
                    .where(*claimed, _jobs.c.state == "submitting")
                    .values(
                        **values,
                        state="unknown",
                        ended_at=now,
                        error_type="AmbiguousSubmissionError",
                        error=error,
                    )
                )
                if changed.rowcount:
                    current = (
                        sa.select(_jobs.c.submission_id).where(_jobs.c.id == job_id)
                    ).scalar_subquery()
                    connection.execute(
                        sa.update(_submissions)
                        .where(_submissions.c.id == current)
                        .values(outcome="unknown", error=error)
                    )
                else:
                    connection.execute(sa.update(_jobs).where(*claimed).values(**values))
        return len(lost)

    def wake_stalled(self) -> None:
        """Wait again for tasks that were still running at the end of an earlier run."""
        with self._write() as connection:
            connection.execute(
                sa.update(_jobs)
                .where(_jobs.c.batch_id == self._batch_id, _jobs.c.state == "stalled")
                .values(state="running", due_at=0.0, error_type="", error="")
            )

    # What people decide

    def retry(self, jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
        """Let the next run submit, or only download, jobs again; return both lists.

        Jobs in other states than `failed`, `rejected` and `download_failed` are left alone.
        """
        submit = [job for job in jobs if job.state in ("failed", "rejected")]
        download = [job for job in jobs if job.state == "download_failed"]
        with self._write() as connection:
            for again, state in ((submit, "pending"), (download, "succeeded")):
                for job in again:
                    values: dict[str, Any] = {
                        "state": state,
                        "due_at": 0.0,
                        "failures": 0,
                        "first_failed_at": None,
                        "error_type": "",
                        "error": "",
                    }
                    if state == "pending":
                        values |= {"status": "", "ended_at": None, "submission_id": None}
                    connection.execute(
                        sa.update(_jobs)
                        .where(_jobs.c.id == job.id, _jobs.c.state == job.state)
                        .values(**values)
                    )
        return submit, download

    def resolve(
        self, job: Job, decision: Literal["task", "no_task", "abandon"], task_id: str = ""
    ) -> None:
        """Decide on a job that is `unknown` or `missing`.

        `task`: it has this task. `no_task`: none was created, so the next run submits it again.
        `abandon`: leave it as it is; it counts as a task.

        Raises ConfigurationError if the job is in another state.
        """
        with self._write() as connection:
            state = {"task": "running", "no_task": "pending", "abandon": "abandoned"}[decision]
            values: dict[str, Any] = {"state": state, "due_at": 0.0, "failures": 0}
            if decision != "abandon":
                values |= {"error_type": "", "error": "", "ended_at": None, "first_failed_at": None}
            if decision == "no_task":
                values["submission_id"] = None
            changed = connection.execute(
                sa.update(_jobs)
                .where(
                    _jobs.c.id == job.id,
                    _jobs.c.state.in_(("unknown", "missing")),
                    _jobs.c.submission_id == job.submission_id,
                )
                .values(**values)
            )
            if changed.rowcount != 1:
                raise ConfigurationError(
                    f"the job {job.name} is {job.state}: only unknown and missing jobs are resolved"
                )
            assert job.submission_id is not None
            if decision == "task":
                self._update_submission(
                    connection,
                    job.submission_id,
                    outcome="accepted",
                    task_id=task_id,
                    token=task_id,
                )
            elif decision == "no_task":
                expected = self._update_submission(
                    connection, job.submission_id, outcome="resolved: no task", cost=0.0
                )
                self._update_batch(
                    connection,
                    self._batch_id,
                    tasks=_batches.c.tasks - 1,
                    credits=_batches.c.credits - expected,
                )

    # The reserve

    def fill_reserve(self, size: int = 2**20) -> None:
        """Keep some space for answers beside a SQLite ledger; see `free_reserve`.

        Raises LedgerError if there is no space for it.
        """
        if self._reserve is None or self._reserve.exists():
            return
        try:
            self._reserve.write_bytes(bytes(size))
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            raise LedgerError(
                f"{self._reserve}: {error.strerror}: nothing was submitted"
            ) from error

    def free_reserve(self) -> bool:
        """Give the reserve to the ledger: the answer to a submission arrives on a full disk."""
        if self._reserve is None or not self._reserve.exists():
            return False
        self._reserve.unlink(missing_ok=True)
        return True

    # Shared statements

    def _lock_batch(self, connection: sa.Connection) -> Any:
        """The row of the batch, locked: limits are checked by one process at a time."""
        return connection.execute(
            sa.select(_batches).where(_batches.c.name == self.batch).with_for_update()
        ).one_or_none()

    def _update_batch(self, connection: sa.Connection, batch_id: int, **values: Any) -> None:
        connection.execute(sa.update(_batches).where(_batches.c.id == batch_id).values(**values))

    def _update_submission(
        self, connection: sa.Connection, submission_id: int, **values: Any
    ) -> float:
        """Change a submission; return the credits that were expected of it."""
        return float(
            connection.execute(
                sa.update(_submissions)
                .where(_submissions.c.id == submission_id)
                .values(**values)
                .returning(_submissions.c.credits)
            ).scalar_one()
        )


def _is_due(now: float) -> sa.ColumnElement[bool]:
    """Whether the due time has come, or is impossible: the clock has been set back."""
    return (_jobs.c.due_at <= now) | (_jobs.c.due_at > now + MAX_LEASE)


def _is_paused(batch: Any, now: float) -> bool:
    return bool(now < batch.paused_until <= now + _MAX_PAUSE)


def _submitted_as(submission_id: int) -> sa.ColumnElement[bool]:
    return (_jobs.c.submission_id == submission_id) & _jobs.c.state.in_(("submitting", "unknown"))


def _select_jobs() -> sa.Select[Any]:
    submission = (
        _submissions.c.digest,
        _submissions.c.task_id,
        _submissions.c.token,
        _submissions.c.sent_at.label("submitted_at"),
        _submissions.c.cost,
    )
    return (
        sa.select(_jobs, *submission, _batches.c.name.label("batch"))
        .join(_batches, _batches.c.id == _jobs.c.batch_id)
        .outerjoin(_submissions, _submissions.c.id == _jobs.c.submission_id)
    )


_JOB_FIELDS = tuple(a.name for a in Job.__attrs_attrs__ if a.name != "files")


def _make_job(row: Any, files: Iterable[JobFile] = ()) -> Job:
    return Job(**{name: getattr(row, name) for name in _JOB_FIELDS}, files=tuple(files))


def _make_file(row: Any) -> JobFile:
    return JobFile(kind=row.kind, path=row.path, size=row.size, sha256=row.sha256)


def _make_engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        if parsed.drivername == "postgresql":  # each version of SQLAlchemy has a default of its own
            parsed = parsed.set(drivername="postgresql+psycopg")
        return sa.create_engine(parsed, pool_pre_ping=True, pool_size=8, max_overflow=64)
    # A connection for each thread that needs one; a file's locks belong to connections.
    is_memory = parsed.database in (None, "", ":memory:")
    if is_memory:
        raise ConfigurationError("a ledger in memory would be lost with the process: give a file")
    engine = sa.create_engine(
        parsed,
        poolclass=NullPool if os.name == "nt" else QueuePool,
        **({} if os.name == "nt" else {"pool_size": 8, "max_overflow": 64}),
        connect_args={"timeout": 60.0, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not by sqlite3's own rules
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # An intent that is committed is on the disk, also when the machine loses power.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        is_write = connection.get_execution_options().get("is_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine


# Owners of claims


@cache
def _find_host() -> str:
    """This machine since it started, and the container: where process ids mean the same."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii")[:8])
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    except OSError:
        pass
    return "-".join(parts)


def make_owner() -> str:
    """A name for this process."""
    return f"{_find_host()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


def _is_dead(owner: str) -> bool:
    """Whether an owner is a process of this machine that has ended. In doubt the answer is False."""
    host, _, rest = owner.partition("/")
    process_id = rest.partition("/")[0]
    if host != _find_host() or not process_id.isdecimal() or os.name == "nt":
        return False
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _is_zombie(process_id)


def _is_zombie(process_id: str) -> bool:
    try:
        status = Path(f"/proc/{process_id}/stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["Z"]
