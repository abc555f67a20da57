"""Batches whose processes are killed at random points, or that run in several processes at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.client.batch_support import make_jobs
from tests.client.support import KEY

from orcarouter import OrcaRouter
from orcarouter.batch import Batch
from orcarouter.testing import Emulator, Fault, RealClock

JOBS = 24
PROGRAM = """
import json, sys
from orcarouter import OrcaRouter
with OrcaRouter(timeout=20) as orca:
    with orca.batch(json.load(sys.stdin), sys.argv[1], name="b", interval=0.1, in_flight=8) as batch:
        batch.run(workers=4)
"""


@contextmanager
def start(server: Emulator[RealClock], out: Path, count: int = JOBS) -> Iterator[Any]:
    """A process that runs the batch; it is killed at the end."""
    import json

    environment = {**os.environ, "ORCAROUTER_API_KEY": KEY, "NO_PROXY": "127.0.0.1"}
    environment["ORCAROUTER_BASE_URL"] = server.base_url
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(out)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(make_jobs(count)))
        process.stdin.close()
        try:
            yield process
        finally:
            process.kill()


def wait_for_requests(server: Emulator[RealClock], count: int, process: Any) -> None:
    """Wait until the server has had so many requests, or the process has ended."""
    while len(server.requests) < count and process.poll() is None:
        time.sleep(0.002)


def check_money(server: Emulator[RealClock], batch: Batch, count: int) -> None:
    """At most one task for each job; all are in the ledger, except those of lost answers."""
    jobs = batch.jobs()
    assert len(jobs) == count
    prompts = [task.body["prompt"] for task in server.tasks.values()]
    assert len(prompts) == len(set(prompts)), "a job was submitted twice"
    recorded = {job.task_id for job in jobs if job.task_id}
    lost = {task.body["prompt"] for id_, task in server.tasks.items() if id_ not in recorded}
    assert lost <= {job.prompt for job in jobs if job.state == "unknown"}
    assert {job.state for job in jobs} <= {"done", "unknown"}


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_points_no_job_is_submitted_twice(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    kills = 5
    with Emulator(queued=0.05, running=0.2) as server:
        for _ in range(kills):
            with start(server, tmp_path) as process:
                wait_for_requests(server, len(server.requests) + rng.randint(1, 25), process)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
        with (
            OrcaRouter(KEY, base_url=server.base_url, timeout=20) as orca,
            orca.batch(make_jobs(JOBS), tmp_path, name="b", interval=0.1) as batch,
        ):
            batch.run()
            check_money(server, batch, JOBS)
            # In each kill, at most the four requests of its threads were without an answer.
            assert len(batch.jobs("unknown")) <= 4 * kills
            assert len(server.requests_to("submit")) <= JOBS


def test_killed_before_and_after_the_request_the_job_is_unknown(tmp_path: Path) -> None:
    """The answer is held back, so that the process is killed while it waits for it."""
    with Emulator([Fault("submit", stall=True, when="after")], running=0.1) as server:
        with start(server, tmp_path, 1) as process:
            wait_for_requests(server, 1, process)
            process.kill()
            process.wait()
        with (
            OrcaRouter(KEY, base_url=server.base_url) as orca,
            orca.batch(None, tmp_path, name="b", interval=0.1) as batch,
        ):
            assert batch.jobs()[0].state == "submitting"
            batch.run()
            assert batch.jobs()[0].state == "unknown"
            assert "ended before the answer" in batch.jobs()[0].error
        assert len(server.requests_to("submit")) == 1


def test_three_processes_on_one_ledger_share_the_jobs(tmp_path: Path) -> None:
    with Emulator(queued=0.05, running=0.3) as server:
        with (
            start(server, tmp_path) as first,
            start(server, tmp_path) as second,
            start(server, tmp_path) as third,
        ):
            wait_for_requests(server, 20, second)
            second.kill()
            for process in (first, third):
                assert process.wait(timeout=120) == 0, process.stderr.read()
        with (
            OrcaRouter(KEY, base_url=server.base_url) as orca,
            orca.batch(None, tmp_path, name="b", interval=0.1) as batch,
        ):
            assert batch.progress().open == 0
            check_money(server, batch, JOBS)


def test_ctrl_c_writes_down_the_answers_that_are_still_to_come(tmp_path: Path) -> None:
    with Emulator([Fault("submit", delay=0.5, times=None)], running=0.2) as server:
        with start(server, tmp_path, 6) as process:
            wait_for_requests(server, 3, process)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == -signal.SIGINT or process.returncode == 1
        with (
            OrcaRouter(KEY, base_url=server.base_url) as orca,
            orca.batch(None, tmp_path, name="b", interval=0.1) as batch,
        ):
            states = {job.state for job in batch.jobs()}
            assert "submitting" not in states
            assert "unknown" not in states
            batch.run()
            assert {job.state for job in batch.jobs()} == {"done"}
        assert len(server.tasks) == 6
