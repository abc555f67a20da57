"""A batch on Dask: worker processes that are killed, and a ledger in PostgreSQL."""

from __future__ import annotations

import importlib
import os
import random
import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.client.batch_support import check_files, make_jobs
from tests.client.postgres import find_missing, start_server
from tests.client.support import KEY

from orcarouter import OrcaRouter
from orcarouter.testing import Emulator

MISSING = find_missing() or (None if find_spec("distributed") else "Dask: pip install distributed")


@pytest.mark.skipif(MISSING is not None, reason=f"missing: {MISSING}")
def test_dask_workers_that_are_killed_submit_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed: Any = importlib.import_module("distributed")
    count, rng = 30, random.Random(1)
    monkeypatch.setenv("ORCAROUTER_API_KEY", KEY)
    with (
        start_server() as ledger,
        Emulator(queued=0.05, running=0.3) as server,
        distributed.LocalCluster(
            n_workers=3, threads_per_worker=2, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as dask,
        OrcaRouter(KEY, base_url=server.base_url) as orca,
        orca.batch(
            make_jobs(count), tmp_path, ledger=ledger, name="dask", interval=0.1, in_flight=10
        ) as batch,
    ):
        kills = 0
        for number, _ in enumerate(batch.as_completed(dask.get_executor(), workers=6)):
            if number in (4, 10, 16):
                victims = [worker.pid for worker in cluster.workers.values() if worker.pid]
                os.kill(rng.choice(victims), signal.SIGKILL)  # the cluster starts another one
                kills += 1
        jobs = batch.jobs()
        assert kills == 3
        assert {job.state for job in jobs} <= {"done", "unknown"}
        prompts = [task.body["prompt"] for task in server.tasks.values()]
        assert len(prompts) == len(set(prompts))
        unknown = batch.jobs("unknown")
        assert len(unknown) <= 2 * kills  # of the two threads of each worker
        recorded = {job.task_id for job in jobs}
        lost = {task.body["prompt"] for id_, task in server.tasks.items() if id_ not in recorded}
        assert lost <= {job.prompt for job in unknown}
        assert check_files(batch) == count - len(unknown)
