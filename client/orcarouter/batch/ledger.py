"""The ledger of batches: what is read from its database and written to it, by SQLAlchemy Core.

A ledger is a database: SQLite in the output folder, or PostgreSQL for several machines. It has an
intent, with the digest of the request, before anything is sent; a submission without an answer stays
in it as `unknown`. Nothing is decided by the time of this machine: leases, pauses and limits follow
the database's own clock.

    pending ──> submitting ──> running ──> succeeded ──> done
       ^            ├──> rejected  ├──> failed   └──> download_failed
       └── 429, no  ├──> unknown   ├──> missing
           connection              └──> stalled
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import sqlalchemy as sa

from orcarouter.batch.database import BATCHES, FILES, JOBS, SUBMISSIONS, Database
from orcarouter.batch.owners import is_dead, make_owner
from orcarouter.batch.records import Claim, Idle, Job, JobFile, Limits, NewJob, State
from orcarouter.errors import ConfigurationError

__all__ = ["Ledger"]

ACTIVE = ("submitting", "running", "succeeded")
_AT_SERVICE = ("submitting", "running")

MAX_LEASE = 900.0
"""Seconds. A due time that is further away is of a clock that has been set back."""
_CLAIM_LEASE = 120.0
_SUBMISSION_LEASE = 420.0  # longer than any submission takes (`RetryPolicy.total_timeout`)
_MAX_PAUSE = 2 * 86_400.0  # seconds; a Retry-After is at most a day


class Ledger(Database):
    """A batch in a database. Safe to use from several threads and processes at once."""

    def __init__(self, url: str, batch: str, *, clock: Callable[[], float] | None = None) -> None:
        """Open a database; see `Database`."""
        super().__init__(url, clock=clock)
        self.batch = batch
        self.owner = make_owner()
        self._batch_id = self._find_batch()

    def _find_batch(self) -> int:
        query = sa.select(BATCHES.c.id).where(BATCHES.c.name == self.batch)
        with self.read() as connection:
            row = connection.scalar(query)
        return -1 if row is None else int(row)

    @property
    def exists(self) -> bool:
        """Whether the ledger has the batch."""
        return self._batch_id >= 0

    def list_batches(self) -> list[str]:
        """The names of all batches in the database."""
        with self.read() as connection:
            return list(connection.scalars(sa.select(BATCHES.c.name).order_by(BATCHES.c.id)))

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
        with self.write() as connection:
            values = {
                "max_in_flight": limits.in_flight,
                "max_per_minute": limits.per_minute,
                "max_tasks": limits.tasks,
                "max_credits": limits.credits,
            }
            batch = self._lock_batch(connection)
            if batch is None:
                at = self.time(connection)
                new = {"name": self.batch, "created_at": at, "source": source, **values}
                connection.execute(sa.insert(BATCHES).values(**new))
                batch = self._lock_batch(connection)
                assert batch is not None
            else:
                self._update_batch(connection, batch.id, **values)
            self._batch_id = batch.id
            existing = {
                row.name: row
                for row in connection.execute(
                    sa.select(JOBS.c.name, JOBS.c.request, JOBS.c.stem).where(
                        JOBS.c.batch_id == batch.id
                    )
                )
            }
            stems = {row.stem for row in existing.values()}
            rows = []
            for job in jobs:
                if job.name in existing:
                    if existing[job.name].request != job.request:
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
                connection.execute(sa.insert(JOBS), rows)
            return len(rows)

    def get_limits(self) -> Limits:
        """The limits of the batch."""
        with self.read() as connection:
            row = connection.execute(sa.select(BATCHES).where(BATCHES.c.id == self._batch_id)).one()
        return Limits(
            in_flight=row.max_in_flight,
            per_minute=row.max_per_minute,
            tasks=row.max_tasks,
            credits=row.max_credits,
        )

    def list_jobs(
        self, *, states: Sequence[str] = (), names: Sequence[str] = (), all_batches: bool = False
    ) -> list[Job]:
        """Jobs in the order in which they were added."""
        query = _select_jobs()
        if not all_batches:
            query = query.where(JOBS.c.batch_id == self._batch_id)
        if states:
            query = query.where(JOBS.c.state.in_(states))
        if names:
            query = query.where(JOBS.c.name.in_(names) | SUBMISSIONS.c.task_id.in_(names))
        with self.read() as connection:
            rows = connection.execute(query.order_by(JOBS.c.id)).all()
            files: dict[int, list[JobFile]] = {}
            wanted = sa.select(FILES).order_by(FILES.c.kind.desc())
            if len(rows) <= 500:
                wanted = wanted.where(FILES.c.job_id.in_([row.id for row in rows]))
            for row in connection.execute(wanted):
                files.setdefault(row.job_id, []).append(_make_file(row))
        return [_make_job(row, files.get(row.id, ())) for row in rows]

    def get_job(self, job_id: int) -> Job:
        """One job."""
        with self.read() as connection:
            row = connection.execute(_select_jobs().where(JOBS.c.id == job_id)).one()
            files = connection.execute(
                sa.select(FILES).where(FILES.c.job_id == job_id).order_by(FILES.c.kind.desc())
            ).all()
        return _make_job(row, [_make_file(file) for file in files])

    def count(self) -> dict[str, int]:
        """The number of jobs in each state that occurs."""
        query = (
            sa.select(JOBS.c.state, sa.func.count().label("number"))
            .where(JOBS.c.batch_id == self._batch_id)
            .group_by(JOBS.c.state)
        )
        with self.read() as connection:
            return {row.state: row.number for row in connection.execute(query)}

    def totals(self) -> dict[str, float]:
        """Tasks and credits that count for the limits, and the charges that are known."""
        with self.read() as connection:
            row = connection.execute(
                sa.select(BATCHES.c.tasks, BATCHES.c.credits).where(BATCHES.c.id == self._batch_id)
            ).one()
            cost = connection.scalar(
                sa.select(sa.func.sum(SUBMISSIONS.c.cost)).where(
                    SUBMISSIONS.c.batch_id == self._batch_id
                )
            )
        return {"tasks": row.tasks, "credits": row.credits, "cost": float(cost or 0.0)}

    def list_submissions(self, job_id: int | None = None) -> list[dict[str, Any]]:
        """Everything that was sent, or was about to be, oldest first."""
        query = sa.select(SUBMISSIONS).where(SUBMISSIONS.c.batch_id == self._batch_id)
        if job_id is not None:
            query = query.where(SUBMISSIONS.c.job_id == job_id)
        with self.read() as connection:
            rows = connection.execute(query.order_by(SUBMISSIONS.c.id))
            return [dict(row._mapping) for row in rows]

    # Claims

    def claim(self, *, submit: bool = True) -> Claim | Idle:
        """Take the job that is due first: a lookup or a download before a submission.

        Until its lease ends, no other process works on it. A submission then needs
        `begin_submission`. `submit`: whether there are to be any.
        """
        with self.write() as connection:
            batch = self._lock_batch(connection)
            assert batch is not None
            at = self.time(connection)
            is_paused = _is_paused(batch, at)
            first = self._find_due(
                connection, ("succeeded",) if is_paused else ("running", "succeeded"), at
            )
            is_submission, limit, wait = False, "", None
            if first is None and not is_paused and submit:
                first = self._find_due(connection, ("pending",), at)
                if first is not None:
                    is_submission = True
                    limit, wait = self._check_limits(connection, batch, at, first.credits or 0.0)
            if first is None or limit or wait is not None:
                return self._describe_idle(connection, batch, at, limit, wait, submit)
            # A claim is a due time in the future: until then the job is due for no other process.
            _change_jobs(
                connection,
                JOBS.c.id == first.id,
                owner=self.owner,
                due_at=at + (MAX_LEASE if first.state == "succeeded" else _CLAIM_LEASE),
            )
            row = connection.execute(_select_jobs().where(JOBS.c.id == first.id)).one()
        return Claim(
            job=_make_job(row), is_submission=is_submission, needs_probe=batch.setbacks > 0, at=at
        )

    def _find_due(self, connection: sa.Connection, states: Sequence[str], at: float) -> Any:
        return connection.execute(
            sa.select(JOBS.c.id, JOBS.c.credits, JOBS.c.state)
            .where(
                JOBS.c.batch_id == self._batch_id,
                JOBS.c.state.in_(states),
                _is_due(at),
            )
            .order_by(JOBS.c.due_at, JOBS.c.id)
            .limit(1)
        ).one_or_none()

    def _check_limits(
        self, connection: sa.Connection, batch: Any, at: float, expected: float
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
                    JOBS.c.batch_id == batch.id, JOBS.c.state.in_(states)
                )
            )
            if (at_service or 0) >= most:
                return "", MAX_LEASE
        if batch.max_per_minute is not None:
            recent = connection.scalars(
                sa.select(SUBMISSIONS.c.sent_at)
                .where(
                    SUBMISSIONS.c.batch_id == batch.id,
                    SUBMISSIONS.c.sent_at > at - 60,
                )
                .order_by(SUBMISSIONS.c.sent_at.desc())
                .limit(batch.max_per_minute)
            ).all()
            if len(recent) >= batch.max_per_minute:
                return "", max(0.001, recent[-1] + 60 - at)
        return "", None

    def _describe_idle(
        self,
        connection: sa.Connection,
        batch: Any,
        at: float,
        limit: str,
        wait: float | None,
        submit: bool,
    ) -> Idle:
        mine = JOBS.c.batch_id == batch.id
        active, next_due = connection.execute(
            sa.select(sa.func.count(), sa.func.min(JOBS.c.due_at)).where(
                mine, JOBS.c.state.in_(ACTIVE)
            )
        ).one()
        pending = connection.scalar(
            sa.select(JOBS.c.due_at)
            .where(mine, JOBS.c.state == "pending")
            .order_by(JOBS.c.due_at)
            .limit(1)
        )
        if _is_paused(batch, at):
            times = [batch.paused_until]
        else:
            times = [] if next_due is None else [next_due]
            if wait is not None:
                times.append(at + wait)
            elif pending is not None and not limit and submit:
                times.append(pending)
        return Idle(
            seconds=max(0.01, min(times) - at) if times else None,
            active=active,
            has_pending=pending is not None,
            limit=limit,
            pause_reason=batch.pause_reason if _is_paused(batch, at) else "",
        )

    def release(self, job: Job, *, delay: float = 0.0) -> None:
        """Give a claim back; the job is due again after a delay."""
        with self.write() as connection:
            due_at = self.time(connection) + delay if delay else 0.0
            _change_jobs(
                connection,
                JOBS.c.id == job.id,
                JOBS.c.owner == self.owner,
                owner="",
                due_at=due_at,
            )

    # Submissions

    def reject(self, job: Job, error: BaseException) -> None:
        """End a claimed job that cannot be submitted: nothing was sent."""
        with self.write() as connection:
            at = self.time(connection)
            _change_jobs(
                connection,
                JOBS.c.id == job.id,
                JOBS.c.state == "pending",
                JOBS.c.owner == self.owner,
                state="rejected",
                owner="",
                ended_at=at,
                error_type=type(error).__name__,
                error=str(error),
            )

    def begin_submission(self, job: Job, digest: str) -> int | None:
        """Commit the intent to submit a claimed job; return its number.

        None if the claim has been lost, or a limit has been reached meanwhile: nothing may be sent.
        """
        with self.write() as connection:
            batch = self._lock_batch(connection)
            assert batch is not None
            at = self.time(connection)
            limit, wait = self._check_limits(connection, batch, at, job.credits or 0.0)
            claimed = [
                JOBS.c.id == job.id,
                JOBS.c.state == "pending",
                JOBS.c.owner == self.owner,
            ]
            if limit or wait is not None or _is_paused(batch, at):
                _change_jobs(connection, *claimed, owner="", due_at=0.0)
                return None
            changed = _change_jobs(
                connection,
                *claimed,
                ~_is_due(at),
                state="submitting",
                due_at=at + _SUBMISSION_LEASE,
                failures=0,
                error="",
            )
            if changed != 1:
                return None
            submission_id = connection.execute(
                sa.insert(SUBMISSIONS)
                .values(
                    batch_id=batch.id,
                    job_id=job.id,
                    digest=digest,
                    owner=self.owner,
                    sent_at=at,
                    credits=job.credits or 0.0,
                    outcome="sending",
                )
                .returning(SUBMISSIONS.c.id)
            ).scalar_one()
            _change_jobs(
                connection, JOBS.c.id == job.id, submission_id=submission_id, error_type=""
            )
            self._update_batch(
                connection,
                batch.id,
                tasks=BATCHES.c.tasks + 1,
                credits=BATCHES.c.credits + (job.credits or 0.0),
            )
            return int(submission_id)

    def record_accepted(
        self, submission_id: int, task_id: str, token: str, *, first_poll: float, error: str = ""
    ) -> None:
        """Write down the id of a new task. It is due after `first_poll` seconds.

        Right whenever it comes: also if the job has been taken for `unknown` meanwhile.
        """
        with self.write() as connection:
            self._update_submission(
                connection,
                submission_id,
                outcome="accepted",
                task_id=task_id,
                token=token,
                error=error,
            )
            at = self.time(connection)
            _change_jobs(
                connection,
                _submitted_as(submission_id),
                state="running",
                owner="",
                due_at=at + first_poll,
                error_type="",
                error="",
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
        with self.write() as connection:
            at = self.time(connection)
            expected = self._update_submission(
                connection,
                submission_id,
                outcome="rejected",
                error=str(error),
                request_id=request_id,
            )
            _change_jobs(
                connection,
                _submitted_as(submission_id),
                state="pending" if again else "rejected",
                owner="",
                due_at=at,  # behind the others
                ended_at=None if again else at,
                error_type=type(error).__name__,
                error=str(error),
            )
            self._update_batch(
                connection,
                self._batch_id,
                tasks=BATCHES.c.tasks - 1,
                credits=BATCHES.c.credits - expected,
            )

    def record_unknown(
        self, submission_id: int, error: BaseException, *, request_id: str | None = None
    ) -> None:
        """Write down that the answer to a submission was lost."""
        with self.write() as connection:
            self._update_submission(
                connection,
                submission_id,
                outcome="unknown",
                error=str(error),
                request_id=request_id,
            )
            _change_jobs(
                connection,
                _submitted_as(submission_id),
                state="unknown",
                owner="",
                ended_at=self.time(connection),
                error_type=type(error).__name__,
                error=str(error),
            )

    # Tasks

    def record_running(
        self, job: Job, *, due_in: float, status: str = "", failure: str | None = None
    ) -> None:
        """Write down a lookup, or a failed one, after which the task is still to be waited for."""
        with self.write() as connection:
            at = self.time(connection)
            values: dict[str, Any] = {"owner": "", "due_at": at + due_in}
            if failure is None:
                values |= {"status": status, "failures": 0, "first_failed_at": None, "error": ""}
            else:
                values |= {
                    "failures": job.failures + 1,
                    "first_failed_at": job.first_failed_at or at,
                    "error": failure,
                }
            _change_jobs(
                connection,
                JOBS.c.id == job.id,
                JOBS.c.state.in_(("running", "succeeded")),
                **values,
            )

    def record_succeeded(
        self, job: Job, *, status: str, seconds: float | None, cost: float | None
    ) -> None:
        """Write down that a task has succeeded, and keep the claim for the download."""
        with self.write() as connection:
            at = self.time(connection)
            changed = _change_jobs(
                connection,
                JOBS.c.id == job.id,
                JOBS.c.state == "running",
                state="succeeded",
                status=status,
                seconds=seconds,
                ended_at=at,
                owner=self.owner,
                due_at=at + MAX_LEASE,
                failures=0,
                first_failed_at=None,
                error="",
            )
            if changed == 1 and cost is not None:
                self._set_cost(connection, job, cost)

    def record_done(self, job: Job, files: Sequence[JobFile]) -> None:
        """Write down the files of a job."""
        with self.write() as connection:
            connection.execute(sa.delete(FILES).where(FILES.c.job_id == job.id))
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
            connection.execute(sa.insert(FILES), rows)
            self._end(connection, job, "done", ("succeeded", "running"))

    def record_end(
        self, job: Job, state: State, *, error_type: str, error: str, status: str = ""
    ) -> None:
        """Write down how a job ended without all of its files."""
        with self.write() as connection:
            at = self.time(connection)
            ended = self._end(
                connection,
                job,
                state,
                ("succeeded", "running"),
                error_type=error_type,
                error=error,
                **({"status": status} if status else {}),
                **({"ended_at": at} if job.state == "running" else {}),
            )
            if ended and state == "failed":
                self._set_cost(connection, job, 0.0)  # credit that was held is returned

    def _end(
        self, connection: sa.Connection, job: Job, state: str, before: Sequence[str], **values: Any
    ) -> bool:
        changed = _change_jobs(
            connection,
            JOBS.c.id == job.id,
            JOBS.c.state.in_(before),
            **{"state": state, "owner": "", "error_type": "", "error": ""} | values,
        )
        return changed == 1

    def _set_cost(self, connection: sa.Connection, job: Job, cost: float) -> None:
        expected = job.credits or 0.0
        connection.execute(
            sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id == job.submission_id).values(cost=cost)
        )
        self._update_batch(connection, self._batch_id, credits=BATCHES.c.credits - expected + cost)

    # Pauses and recovery

    def pause(self, seconds: Callable[[int], float], reason: str) -> int:
        """Pause all requests of all processes; return the number of setbacks in a row.

        `seconds` gives it from the number of setbacks in a row, this one included.
        """
        with self.write() as connection:
            batch = self._lock_batch(connection)
            assert batch is not None
            at = self.time(connection)
            # Requests that were in flight together are one setback.
            setbacks = batch.setbacks + (0 if at < batch.paused_until else 1)
            until = max(at + seconds(max(1, setbacks)), batch.paused_until)
            self._update_batch(
                connection, batch.id, paused_until=until, pause_reason=reason, setbacks=setbacks
            )
            return int(setbacks)

    def recover(self) -> int:
        """Find claims of processes that have ended; return how many.

        A submission among them is `unknown`: it cannot be known whether it was sent. Other claims are
        given back. A process of this machine is found at once, any other when its lease ends.
        """
        with self.read() as connection:
            at = self.time(connection)
            query = sa.select(JOBS.c.id, JOBS.c.owner, _is_due(at).label("expired")).where(
                JOBS.c.batch_id == self._batch_id,
                JOBS.c.state.in_(("pending", *ACTIVE)),
                JOBS.c.owner != "",
            )
            lost = [
                (row.id, row.owner)
                for row in connection.execute(query)
                if row.expired or is_dead(row.owner)
            ]
        if not lost:
            return 0
        with self.write() as connection:
            at = self.time(connection)
            for job_id, owner in lost:
                # Under its owner's name still: it may have been claimed again.
                claimed = [JOBS.c.id == job_id, JOBS.c.owner == owner]
                error = "the process that submitted it ended before the answer was written down"
                values = {"owner": "", "due_at": 0.0}
                changed = _change_jobs(
                    connection,
                    *claimed,
                    JOBS.c.state == "submitting",
                    **values,
                    state="unknown",
                    ended_at=at,
                    error_type="AmbiguousSubmissionError",
                    error=error,
                )
                if changed:
                    current = (
                        sa.select(JOBS.c.submission_id).where(JOBS.c.id == job_id)
                    ).scalar_subquery()
                    connection.execute(
                        sa.update(SUBMISSIONS)
                        .where(SUBMISSIONS.c.id == current)
                        .values(outcome="unknown", error=error)
                    )
                else:
                    _change_jobs(connection, *claimed, **values)
        return len(lost)

    def wake_stalled(self) -> None:
        """Wait again for tasks that were still running at the end of an earlier run."""
        with self.write() as connection:
            _change_jobs(
                connection,
                JOBS.c.batch_id == self._batch_id,
                JOBS.c.state == "stalled",
                state="running",
                due_at=0.0,
                error_type="",
                error="",
            )

    # What people decide

    def retry(self, jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
        """Let the next run submit, or only download, jobs again; return both lists.

        Jobs in other states than `failed`, `rejected` and `download_failed` are left alone.
        """
        submit = [job for job in jobs if job.state in ("failed", "rejected")]
        download = [job for job in jobs if job.state == "download_failed"]
        with self.write() as connection:
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
                    _change_jobs(
                        connection,
                        JOBS.c.id == job.id,
                        JOBS.c.state == job.state,
                        **values,
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
        with self.write() as connection:
            state = {"task": "running", "no_task": "pending", "abandon": "abandoned"}[decision]
            values: dict[str, Any] = {"state": state, "due_at": 0.0, "failures": 0}
            if decision != "abandon":
                values |= {"error_type": "", "error": "", "ended_at": None, "first_failed_at": None}
            if decision == "no_task":
                values["submission_id"] = None
            changed = _change_jobs(
                connection,
                JOBS.c.id == job.id,
                JOBS.c.state.in_(("unknown", "missing")),
                JOBS.c.submission_id == job.submission_id,
                **values,
            )
            if changed != 1:
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
                    tasks=BATCHES.c.tasks - 1,
                    credits=BATCHES.c.credits - expected,
                )

    # Shared statements

    def _lock_batch(self, connection: sa.Connection) -> Any:
        """The row of the batch, locked: limits are checked by one process at a time."""
        return connection.execute(
            sa.select(BATCHES).where(BATCHES.c.name == self.batch).with_for_update()
        ).one_or_none()

    def _update_batch(self, connection: sa.Connection, batch_id: int, **values: Any) -> None:
        connection.execute(sa.update(BATCHES).where(BATCHES.c.id == batch_id).values(**values))

    def _update_submission(
        self, connection: sa.Connection, submission_id: int, **values: Any
    ) -> float:
        """Change a submission; return the credits that were expected of it."""
        return float(
            connection.execute(
                sa.update(SUBMISSIONS)
                .where(SUBMISSIONS.c.id == submission_id)
                .values(**values)
                .returning(SUBMISSIONS.c.credits)
            ).scalar_one()
        )


def _change_jobs(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool], **values: Any
) -> int:
    """Change the jobs that meet all conditions; return how many did."""
    return connection.execute(sa.update(JOBS).where(*conditions).values(**values)).rowcount


def _is_due(at: float) -> sa.ColumnElement[bool]:
    """Whether the due time has come, or is impossible: the clock has been set back."""
    return (JOBS.c.due_at <= at) | (JOBS.c.due_at > at + MAX_LEASE)


def _is_paused(batch: Any, at: float) -> bool:
    return bool(at < batch.paused_until <= at + _MAX_PAUSE)


def _submitted_as(submission_id: int) -> sa.ColumnElement[bool]:
    return (JOBS.c.submission_id == submission_id) & JOBS.c.state.in_(("submitting", "unknown"))


def _select_jobs() -> sa.Select[Any]:
    submission = (
        SUBMISSIONS.c.digest,
        SUBMISSIONS.c.task_id,
        SUBMISSIONS.c.token,
        SUBMISSIONS.c.sent_at.label("submitted_at"),
        SUBMISSIONS.c.cost,
    )
    return (
        sa.select(JOBS, *submission, BATCHES.c.name.label("batch"))
        .join(BATCHES, BATCHES.c.id == JOBS.c.batch_id)
        .outerjoin(SUBMISSIONS, SUBMISSIONS.c.id == JOBS.c.submission_id)
    )


_JOB_FIELDS = tuple(a.name for a in Job.__attrs_attrs__ if a.name != "files")


def _make_job(row: Any, files: Iterable[JobFile] = ()) -> Job:
    return Job(**{name: getattr(row, name) for name in _JOB_FIELDS}, files=tuple(files))


def _make_file(row: Any) -> JobFile:
    return JobFile(kind=row.kind, path=row.path, size=row.size, sha256=row.sha256)
