"""Batches: many jobs, submitted at most once each, waited for, downloaded and verified.

    with OrcaRouter() as orca, orca.batch("jobs.jsonl", "renders", in_flight=50) as batch:
        for job in batch.as_completed():        # as they end; a batch that was killed continues
            print(job.name, job.state, job.video)
        print(batch.write_report())             # a page with thumbnails, players and costs

Requires the extra `batch`. On the command line: `orcarouter batch`.

- `jobs`: files with jobs; `ledger`: what is kept, in a `database`, and `records` of it; `worker`: the function that executors run; `run`:
  `Batch`, which keeps an executor busy; `progress` and `report`: what people see.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from orcarouter.errors import ConfigurationError

if TYPE_CHECKING:
    from orcarouter.batch.jobs import JobsError, read_jobs
    from orcarouter.batch.ledger import Ledger
    from orcarouter.batch.progress import Progress
    from orcarouter.batch.records import Job, JobFile, Limits
    from orcarouter.batch.run import Batch
    from orcarouter.batch.worker import Step, Work, work

__all__ = [
    "Batch",
    "Job",
    "JobFile",
    "JobsError",
    "Ledger",
    "Limits",
    "Progress",
    "Step",
    "Work",
    "read_jobs",
    "work",
]

_MODULES = {
    "Batch": "run",
    "Job": "records",
    "JobFile": "records",
    "JobsError": "jobs",
    "Ledger": "ledger",
    "Limits": "records",
    "Progress": "progress",
    "Step": "worker",
    "Work": "worker",
    "read_jobs": "jobs",
    "work": "worker",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("sqlalchemy", "jinja2", "click"):
            raise
        raise ConfigurationError("batches need: pip install 'orcarouter[batch]'") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
