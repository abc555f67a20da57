"""The ledger: leases, late answers, clocks, full disks, versions of its schema."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.client.batch_support import check_files, get_states, make_jobs, open_batch

from orcarouter.batch import Ledger, Limits, read_jobs
from orcarouter.batch import database as database_module
from orcarouter.batch.database import MIGRATIONS, make_sqlite_url
from orcarouter.batch.records import Claim, Idle
from orcarouter.errors import APIConnectionError, ConfigurationError, LedgerError, RateLimitError
from orcarouter.testing import Emulator, VirtualClock

Server = Emulator[VirtualClock]


class Time:
    """A clock of the database that tests set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return make_sqlite_url(tmp_path / "ledger.sqlite")


@pytest.fixture
def ledger(url: str, time: Time) -> Iterator[Ledger]:
    ledger = make_ledger(url, time)
    yield ledger
    ledger.close()


def make_ledger(url: str, time: Time, count: int = 3, **limits: Any) -> Ledger:
    """A ledger of another process with the same jobs."""
    ledger = Ledger(url, "b", clock=time)
    ledger.add(read_jobs(make_jobs(count)), Limits(**limits))
    return ledger


def claim(ledger: Ledger) -> Claim:
    claimed = ledger.claim()
    assert isinstance(claimed, Claim)
    return claimed


def begin(ledger: Ledger) -> tuple[Claim, int]:
    claimed = claim(ledger)
    submission_id = ledger.begin_submission(claimed.job, "digest")
    assert submission_id is not None
    return claimed, submission_id


def state_of(ledger: Ledger, name: str = "job-0") -> str:
    return ledger.list_jobs(names=[name])[0].state


def test_a_job_is_claimed_by_one_process(ledger: Ledger, url: str, time: Time) -> None:
    other = make_ledger(url, time)
    names = [claim(each).job.name for each in (ledger, other, ledger)]
    assert names == ["job-0", "job-1", "job-2"]
    assert isinstance(other.claim(), Idle)


def test_a_lease_that_has_ended_gives_no_right_to_submit(
    ledger: Ledger, url: str, time: Time
) -> None:
    late = claim(ledger)
    time.now += 121
    other = make_ledger(url, time)
    assert other.recover() == 1
    again = claim(other)
    assert again.job.name == late.job.name
    assert ledger.begin_submission(late.job, "digest") is None
    assert other.begin_submission(again.job, "digest") is not None
    assert ledger.begin_submission(late.job, "digest") is None
    assert len(ledger.list_submissions()) == 1


def test_a_submission_whose_lease_has_ended_is_unknown_and_never_due(
    ledger: Ledger, url: str, time: Time
) -> None:
    begin(ledger)
    time.now += 10_000
    other = make_ledger(url, time)
    assert other.recover() == 1
    assert state_of(other) == "unknown"
    assert {claim(other).job.name for _ in range(2)} == {"job-1", "job-2"}
    assert isinstance(other.claim(), Idle)


def test_a_late_answer_is_written_down(ledger: Ledger, time: Time) -> None:
    _, first = begin(ledger)
    _, second = begin(ledger)
    time.now += 10_000
    ledger.recover()
    assert state_of(ledger) == state_of(ledger, "job-1") == "unknown"
    ledger.record_accepted(first, "task_1", "token", first_poll=5)
    assert state_of(ledger) == "running"
    ledger.record_not_accepted(second, RateLimitError("429"), again=True)
    assert state_of(ledger, "job-1") == "pending"
    assert ledger.totals()["tasks"] == 1


def test_an_answer_that_comes_after_a_person_decided_changes_nothing_but_is_kept(
    ledger: Ledger, time: Time
) -> None:
    _, first = begin(ledger)
    time.now += 10_000
    ledger.recover()
    ledger.resolve(ledger.list_jobs()[0], "no_task")
    _, second = begin(ledger)
    ledger.record_accepted(first, "task_late", "token", first_poll=5)
    assert state_of(ledger) == "submitting"
    ledger.record_accepted(second, "task_2", "token", first_poll=5)
    assert ledger.list_jobs()[0].task_id == "task_2"
    assert [each["task_id"] for each in ledger.list_submissions(1)] == ["task_late", "task_2"]


@pytest.mark.parametrize("step", [-86_400 * 30, -3600, 3600, 86_400 * 30])
def test_a_clock_that_is_set_loses_and_doubles_nothing(
    ledger: Ledger, url: str, time: Time, step: float
) -> None:
    _, submission = begin(ledger)
    ledger.record_accepted(submission, "task_1", "token", first_poll=20)
    begin(ledger)
    time.now += step
    other = make_ledger(url, time)
    other.recover()
    assert state_of(other, "job-1") == "unknown"
    # The task is due at once, or after as long as before: not after the step.
    time.now += 20
    assert {claim(other).job.name for _ in range(2)} == {"job-0", "job-2"}


def test_a_pause_does_not_outlive_a_clock_that_is_set_back(ledger: Ledger, time: Time) -> None:
    ledger.pause(lambda setbacks: 60.0, "busy")
    idle = ledger.claim()
    assert isinstance(idle, Idle)
    assert idle.seconds == 60.0
    time.now -= 86_400 * 365
    assert isinstance(ledger.claim(), Claim)


def test_only_a_clock_of_the_database_is_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(make_sqlite_url(tmp_path / "l.sqlite"), "b")
    ledger.add(read_jobs(make_jobs(1)), Limits())
    before = ledger.time()
    for name in ("time", "monotonic"):
        monkeypatch.setattr(f"time.{name}", lambda: 5.0)
    assert claim(ledger).at >= before > 1_700_000_000


def test_limits_are_checked_again_when_the_intent_is_written(url: str, time: Time) -> None:
    ledger = make_ledger(url, time, tasks=1)
    first, second = claim(ledger), claim(ledger)
    assert ledger.begin_submission(first.job, "digest") is not None
    assert ledger.begin_submission(second.job, "digest") is None
    idle = ledger.claim()
    assert isinstance(idle, Idle)
    assert (idle.limit, idle.active, idle.has_pending) == ("tasks", 1, True)
    ledger.close()


def test_requests_that_fail_together_are_one_setback(ledger: Ledger, time: Time) -> None:
    delays: list[int] = []

    def double(setbacks: int) -> float:
        delays.append(setbacks)
        return 2.0**setbacks

    assert [ledger.pause(double, "x") for _ in range(3)] == [1, 1, 1]
    time.now += 3
    assert ledger.pause(double, "x") == 2
    assert delays == [1, 1, 1, 2]
    time.now += 5
    begin(ledger)
    assert isinstance(ledger.claim(), Idle)  # one submission at a time, until one is accepted


# Ledgers that cannot be written


def test_nothing_is_sent_if_the_intent_cannot_be_written(server: Server, tmp_path: Path) -> None:
    with open_batch(server, tmp_path, make_jobs(3)) as batch:
        with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON submissions "
                "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
            )
        with pytest.raises(LedgerError, match="disk is full"):
            batch.run()
        assert server.requests == []
        with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
            connection.execute("DROP TRIGGER full")
        batch.run()
        assert set(get_states(batch).values()) == {"done"}
    assert len(server.tasks) == 3


def test_an_answer_is_kept_until_the_ledger_can_be_written_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([True, True, True])
    record = Ledger.record_accepted

    def fail(self: Ledger, *args: Any, **options: Any) -> None:
        if next(failures, False):
            raise LedgerError("the disk is full")
        record(self, *args, **options)

    monkeypatch.setattr(Ledger, "record_accepted", fail)
    with open_batch(server, tmp_path, make_jobs(2)) as batch:
        batch.run()
        assert set(get_states(batch).values()) == {"done"}
        assert check_files(batch) == 2
    assert len(server.tasks) == 2


def test_an_answer_that_can_never_be_written_is_in_the_error_and_the_log(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(self: Ledger, *args: Any, **options: Any) -> None:
        raise LedgerError("the disk is full")

    with open_batch(server, tmp_path, make_jobs(1)) as batch:
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "record_accepted", fail)
            with pytest.raises(LedgerError) as caught:
                batch.run()
        (task_id,) = server.tasks
        assert caught.value.task_id == task_id
        assert task_id in caplog.text
        server.clock.advance(10_000)
        batch.run()
        (job,) = batch.jobs()
        assert job.state == "unknown"
        batch.ledger.resolve(job, "task", task_id)
        batch.run()
        assert get_states(batch) == {"job-0": "done"}
    assert len(server.requests_to("submit")) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs limits of file sizes")
def test_a_full_disk_submits_nothing_and_loses_nothing(server: Server, tmp_path: Path) -> None:
    """In another process, whose files cannot grow: as on a full disk."""
    program = """
import json, os, resource, signal, sys
from orcarouter import OrcaRouter
from orcarouter.errors import LedgerError
from orcarouter.testing import VirtualClock
with OrcaRouter(clock=VirtualClock()) as orca:
    with orca.batch(json.load(sys.stdin), sys.argv[1], name="b") as batch:
        size = os.stat(os.path.join(sys.argv[1], "ledger.sqlite-wal")).st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        try:
            batch.run(workers=2)
        except LedgerError as error:
            print("stopped:", error)
"""
    import json

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        input=json.dumps(make_jobs(3)),
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "ORCAROUTER_API_KEY": "sk-orca-test",
            "ORCAROUTER_BASE_URL": server.base_url,
        },
    )
    assert done.stdout.startswith("stopped: "), done.stderr
    assert server.requests_to("submit") == []
    with open_batch(server, tmp_path, name="b") as batch:
        batch.run()
        assert set(get_states(batch).values()) == {"done"}


def test_the_reserve_is_given_to_the_ledger_when_an_answer_cannot_be_written(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.fill_reserve(1000)
    assert (tmp_path / "ledger.sqlite.reserve").stat().st_size == 1000
    assert ledger.free_reserve()
    assert not ledger.free_reserve()
    assert not (tmp_path / "ledger.sqlite.reserve").exists()


# The schema


def test_a_ledger_of_every_version_is_migrated(
    url: str, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in range(1, len(MIGRATIONS) + 1):
        path = url.replace("ledger.sqlite", f"ledger-{version}.sqlite")
        with monkeypatch.context() as patched:
            patched.setattr(database_module, "MIGRATIONS", MIGRATIONS[:version])
            make_ledger(path, time).close()
        assert state_of(make_ledger(path, time)) == "pending"


def test_migrations_run_once_each_and_keep_the_jobs(
    url: str, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ledger(url, time).close()
    newer = (*MIGRATIONS, ("ALTER TABLE jobs ADD COLUMN note TEXT", "UPDATE jobs SET note = 'x'"))
    with monkeypatch.context() as patched:
        patched.setattr(database_module, "MIGRATIONS", newer)
        for _ in range(2):
            migrated = make_ledger(url, time)
            assert state_of(migrated) == "pending"
            migrated.close()
    with pytest.raises(LedgerError, match=r"version .* install a newer orcarouter"):
        Ledger(url, "b")


def test_a_migration_that_fails_changes_nothing(
    url: str, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ledger(url, time).close()
    broken = (*MIGRATIONS, ("ALTER TABLE jobs ADD COLUMN note TEXT", "no SQL"))
    with monkeypatch.context() as patched:
        patched.setattr(database_module, "MIGRATIONS", broken)
        with pytest.raises(LedgerError):
            Ledger(url, "b")
    ledger = make_ledger(url, time)
    assert state_of(ledger) == "pending"
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
    assert "note" not in columns


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(LedgerError, match="not a database"):
        Ledger(make_sqlite_url(tmp_path / "ledger.sqlite"), "b")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://a@b/c", "nonsense"])
def test_urls_of_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Ledger(url, "b")


def test_several_batches_share_a_database(url: str, time: Time) -> None:
    first = make_ledger(url, time)
    second = Ledger(url, "other", clock=time)
    assert not second.exists
    second.add(read_jobs(make_jobs(1)), Limits())
    assert first.list_batches() == ["b", "other"]
    assert len(second.list_jobs()) == 1
    assert len(second.list_jobs(all_batches=True)) == 4
    second.pause(lambda setbacks: 60.0, "busy")
    assert isinstance(first.claim(), Claim)
    assert isinstance(APIConnectionError("x"), Exception)
