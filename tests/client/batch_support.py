"""Helpers of the tests of batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.client.support import KEY, KLING

from orcarouter import OrcaRouter
from orcarouter.batch import Batch
from orcarouter.testing import Emulator, VirtualClock


def make_jobs(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Requests with ids `job-0`, `job-1`, ..."""
    return [
        {"id": f"job-{number}", **KLING, "prompt": f"Kite {number}", **fields}
        for number in range(count)
    ]


@contextmanager
def open_batch(
    server: Emulator[VirtualClock], out: Path, jobs: Any = None, **options: Any
) -> Iterator[Batch]:
    """A batch on the emulator's clock."""
    with (
        OrcaRouter(KEY, base_url=server.base_url, clock=server.clock, timeout=20) as orca,
        orca.batch(jobs, out, **options) as batch,
    ):
        yield batch


def check_files(batch: Batch) -> int:
    """Check the files of all jobs that are done against the ledger; return how many there are."""
    count = 0
    for job in batch.jobs("done"):
        assert job.files
        for file in job.files:
            content = (batch.folder / file.path).read_bytes()
            assert len(content) == file.size
            assert hashlib.sha256(content).hexdigest() == file.sha256
            count += 1
    return count


def get_states(batch: Batch) -> dict[str, str]:
    """The state of each job by its name."""
    return {job.name: job.state for job in batch.jobs()}
