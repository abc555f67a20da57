"""Batches with a ledger in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client.batch_support import check_files, get_states, make_jobs
from tests.client.postgres import find_missing, start_server
from tests.client.support import KEY

from orcarouter import OrcaRouter
from orcarouter.batch import Ledger, Limits, read_jobs
from orcarouter.batch.records import Claim, Idle
from orcarouter.errors import LedgerError
from orcarouter.testing import Emulator

MISSING = find_missing()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=f"missing: {MISSING}")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with start_server() as url:
        yield url


def test_claims_intents_and_recovery(postgres: str) -> None:
    first, second = Ledger(postgres, "claims"), Ledger(postgres, "claims")
    for ledger in (first, second):
        ledger.add(read_jobs(make_jobs(2)), Limits(tasks=2))
    claimed, other = first.claim(), second.claim()
    assert isinstance(claimed, Claim)
    assert isinstance(other, Claim)
    assert {claimed.job.name, other.job.name} == {"job-0", "job-1"}
    submission_id = first.begin_submission(claimed.job, "digest")
    assert submission_id is not None
    assert second.begin_submission(claimed.job, "digest") is None
    first.record_accepted(submission_id, "task_1", "token", first_poll=60)
    second.pause(lambda setbacks: 30.0, "busy")
    idle = first.claim()
    assert isinstance(idle, Idle)
    assert idle.pause_reason == "busy"
    assert 0 < (idle.seconds or 0) <= 30
    assert first.recover() == 0
    assert first.list_jobs(names=["task_1"])[0].state == "running"
    first.close()
    second.close()


def test_concurrent_claims_give_each_job_to_one(postgres: str) -> None:
    count = 40
    ledgers = [Ledger(postgres, "concurrent") for _ in range(4)]
    ledgers[0].add(read_jobs(make_jobs(count)), Limits(in_flight=None))
    for ledger in ledgers[1:]:
        ledger.add([], Limits(in_flight=None))
    begun: list[int] = []

    def submit_all(ledger: Ledger) -> None:
        while isinstance(claimed := ledger.claim(), Claim):
            if ledger.begin_submission(claimed.job, "digest") is not None:
                begun.append(claimed.job.id)

    threads = [threading.Thread(target=submit_all, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == len(set(begun)) == count
    assert ledgers[0].totals()["tasks"] == count
    for ledger in ledgers:
        ledger.close()


def test_processes_that_migrate_at_once_make_the_tables_once() -> None:
    with start_server() as url:
        errors: list[BaseException] = []

        def open_ledger() -> None:
            try:
                Ledger(url, "b").close()
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=open_ledger) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []


def test_a_batch_in_postgresql(postgres: str, tmp_path: Path) -> None:
    with (
        Emulator(queued=0.05, running=0.1) as server,
        OrcaRouter(KEY, base_url=server.base_url) as orca,
        orca.batch(
            make_jobs(8), tmp_path, ledger=postgres, name="run", interval=0.1, in_flight=3
        ) as batch,
    ):
        batch.run(workers=4)
        assert set(get_states(batch).values()) == {"done"}
        assert check_files(batch) == 8
        assert len(server.tasks) == 8
        assert not (tmp_path / "ledger.sqlite").exists()


def test_nothing_is_sent_when_the_database_is_gone(tmp_path: Path) -> None:
    with Emulator() as server, OrcaRouter(KEY, base_url=server.base_url) as orca:
        with start_server() as url:
            batch = orca.batch(make_jobs(2), tmp_path, ledger=url, name="b")
        with pytest.raises(LedgerError, match="cannot be"):
            batch.run()
        assert server.requests == []
