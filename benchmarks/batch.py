"""A batch whose processes are killed, on a disk that is full once, with a service that is away for ten minutes.

`python -m benchmarks.batch [--tasks N] [--kills N] [--seed N] [--write]`

This process runs the emulator and three worker processes on one ledger. Time runs twenty times faster for all of
them. The figures are written to `benchmarks/BATCH.md` with `--write`. Exit status 1 if a task was doubled or lost.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orcarouter import OrcaRouter
from orcarouter.batch import Batch, Ledger, Limits, read_jobs
from orcarouter.batch.database import make_sqlite_url
from orcarouter.batch.records import Claim
from orcarouter.testing import Emulator, Fault

_KEY = "sk-orca-batch"
_FACTOR = 20.0
_OUTAGE = 600.0  # seconds of the fast clock
_FULL_DISK = 4.0  # seconds of real time
_RUNNING = 60.0
_PROCESSES = 3
_RESULT = Path(__file__).with_name("BATCH.md")
_SIZES = (200, 20_000)


class FastClock:
    """A clock that is the same in all processes of this machine, and twenty times faster."""

    def time(self) -> float:
        return 1_800_000_000.0 + (time.time() - 1_790_000_000.0) * _FACTOR

    def monotonic(self) -> float:
        return time.monotonic() * _FACTOR

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / _FACTOR)

    async def asleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / _FACTOR)


def main() -> int:
    parser = argparse.ArgumentParser(description="A batch that is killed, and what it loses.")
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {_RESULT.name}")
    parser.add_argument("--work", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return _work(options.work)
    with tempfile.TemporaryDirectory() as folder:
        figures = _run(Path(folder), options)
    growth = [_measure_ledger(size) for size in _SIZES]
    text = _format(figures, growth, options)
    print(text)
    if options.write:
        _RESULT.write_text(text, encoding="utf-8")
    return 1 if figures["doubled"] or figures["lost"] or figures["bad files"] else 0


def _make_jobs(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"job-{n}", "model": "kling/kling-v2-6", "prompt": f"A kite, take {n}"}
        for n in range(count)
    ]


def _open(orca: OrcaRouter, folder: str, jobs: Any = None) -> Batch:
    return orca.batch(jobs, folder, name="b", in_flight=150, interval=25.0)


def _work(folder: str) -> int:
    """A worker process."""
    with OrcaRouter(_KEY, clock=FastClock(), timeout=20) as orca, _open(orca, folder) as batch:
        batch.run(workers=6)
    return 0


class _Workers:
    """Three worker processes; one that has ended is started again."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._command = [sys.executable, "-m", "benchmarks.batch", "--work", str(folder)]
        self._environment = {**os.environ, "ORCAROUTER_BASE_URL": base_url, "NO_PROXY": "127.0.0.1"}
        self._log = (folder / "workers.log").open("ab")
        self.processes: list[subprocess.Popen[bytes]] = []

    def keep_running(self) -> None:
        self.processes = [each for each in self.processes if each.poll() is None]
        while len(self.processes) < _PROCESSES:
            self.processes.append(
                subprocess.Popen(
                    self._command, env=self._environment, stderr=self._log, stdin=subprocess.DEVNULL
                )
            )

    def kill(self, rng: random.Random) -> None:
        victim = rng.choice(self.processes)
        victim.send_signal(signal.SIGKILL)
        victim.wait()

    def limit_files(self, size: int) -> None:
        """Let no file grow beyond a size, as on a full disk."""
        for process in self.processes:
            if process.poll() is None:
                limits = (size, resource.RLIM_INFINITY)
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self._log.close()


def _run(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    rng, count, clock = random.Random(options.seed), options.tasks, FastClock()
    # When something happens, in tasks that the service has accepted.
    kills = sorted(rng.sample(range(count // 20, count), options.kills))
    full_at, outage_at = count // 3, count // 2
    with Emulator(clock=clock, queued=5, running=_RUNNING) as server:
        outage = [0.0]
        script = server.script
        next_fault = script.next_fault

        def find_fault(*names: str) -> Fault | None:
            if clock.time() < outage[0]:
                return Fault("any", disconnect=True)
            return next_fault(*names)

        script.next_fault = find_fault  # type: ignore[method-assign]
        with (
            OrcaRouter(_KEY, base_url=server.base_url, clock=clock) as orca,
            _open(orca, str(folder), _make_jobs(count)) as batch,
        ):
            started = time.monotonic()
            workers = _Workers(folder, server.base_url)
            restored = 0.0
            try:
                while batch.progress().open:
                    accepted = server.tasks.accepted
                    if time.monotonic() > restored:
                        if restored:
                            workers.limit_files(resource.RLIM_INFINITY)
                        workers.keep_running()
                    if kills and accepted >= kills[0]:
                        kills.pop(0)
                        workers.kill(rng)
                    if not restored and accepted >= full_at:
                        workers.limit_files(1)
                        restored = time.monotonic() + _FULL_DISK
                    if not outage[0] and accepted >= outage_at:
                        outage[0] = clock.time() + _OUTAGE
                    time.sleep(0.05)
            finally:
                workers.stop()
            seconds = time.monotonic() - started
            return _check(server, batch, seconds, options.kills - len(kills))


def _check(server: Emulator[Any], batch: Batch, seconds: float, kills: int) -> dict[str, Any]:
    jobs = batch.jobs()
    prompts = Counter(task.body["prompt"] for task in server.tasks.values())
    recorded = {job.task_id for job in jobs if job.task_id}
    unknown = [job for job in jobs if job.state == "unknown"]
    without = {task.body["prompt"] for id_, task in server.tasks.items() if id_ not in recorded}
    bad = 0
    for job in jobs:
        for file in job.files:
            content = (batch.folder / file.path).read_bytes()
            bad += hashlib.sha256(content).hexdigest() != file.sha256
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "jobs": len(jobs),
        "tasks that would be paid": server.tasks.accepted,
        "doubled": sum(number - 1 for number in prompts.values()),
        "lost": len(without - {job.prompt for job in unknown}),
        "unknown and accepted": sum(job.prompt in without for job in unknown),
        "unknown": len(unknown),
        "states": dict(Counter(job.state for job in jobs)),
        "unknown, the process was killed": sum("process that" in job.error for job in unknown),
        "unknown, the connection broke": sum("process that" not in job.error for job in unknown),
        "kills": kills,
        "files verified": sum(len(job.files) for job in jobs) - bad,
        "bad files": bad,
        "seconds": seconds,
        "CPU of workers": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss / 1024,
    }


def _measure_ledger(size: int) -> tuple[int, float, float]:
    """CPU milliseconds of a submission and of an idle look, in a ledger of `size` jobs."""
    rounds = 150
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(make_sqlite_url(Path(folder, "ledger.sqlite")), "b")
        ledger.add(read_jobs(_make_jobs(size), check=False), Limits(in_flight=None))
        begun = time.process_time()
        for number in range(rounds):
            claim = ledger.claim()
            assert isinstance(claim, Claim)
            submission = ledger.begin_submission(claim.job, "0" * 64)
            assert submission is not None
            ledger.record_accepted(submission, f"task_{number}", "token", first_poll=600)
        submission_cpu = time.process_time() - begun
        begun = time.process_time()
        for _ in range(rounds):
            ledger.claim(submit=False)
        idle_cpu = time.process_time() - begun
        ledger.close()
    return size, 1000 * submission_cpu / rounds, 1000 * idle_cpu / rounds


def _format(
    figures: dict[str, Any], growth: list[tuple[int, float, float]], options: argparse.Namespace
) -> str:
    count = figures["jobs"]
    command = f"python -m benchmarks.batch --tasks {options.tasks} --kills {options.kills} --seed {options.seed}"
    states = ", ".join(f"{number} {state}" for state, number in sorted(figures["states"].items()))
    small, large = growth
    rows = [
        ("jobs", str(count)),
        ("tasks that would be paid", str(figures["tasks that would be paid"])),
        ("doubled", str(figures["doubled"])),
        ("lost: in neither the ledger nor the list of unknown jobs", str(figures["lost"])),
        ("states at the end", states),
        ("unknown, and the service has a task", str(figures["unknown and accepted"])),
        (
            "unknown, and nothing had arrived",
            str(figures["unknown"] - figures["unknown and accepted"]),
        ),
        ("unknown because the process was killed", str(figures["unknown, the process was killed"])),
        ("unknown because the connection broke", str(figures["unknown, the connection broke"])),
        ("files verified", str(figures["files verified"])),
        ("kills", str(figures["kills"])),
        ("seconds, real", f"{figures['seconds']:.0f}"),
        ("jobs a minute, real", f"{60 * count / figures['seconds']:.0f}"),
        ("CPU of the workers, ms a job", f"{1000 * figures['CPU of workers'] / count:.0f}"),
        ("memory of a worker at its peak, MiB", f"{figures['memory']:.0f}"),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"""# A batch that is killed

{datetime.now(UTC):%Y-%m-%d}, `{shlex.join(shlex.split(command))}`, Python {sys.version.split()[0]}, {os.cpu_count()} processors.

Three worker processes share a SQLite ledger; a random one is killed (SIGKILL) {figures["kills"]} times and started again. Once, no file
of theirs can grow for {_FULL_DISK:.0f} s; once, the service breaks every connection for {_OUTAGE / 60:.0f} minutes of a clock that runs
{_FACTOR:.0f} times faster than real time. The emulator runs on the same machine, so the throughput is a lower bound.

| what | figure |
|---|---|
{table}

## Growth of the ledger

| jobs in the ledger | submission (claim, intent, answer), CPU ms | look without work, CPU ms |
|---|---|---|
| {small[0]} | {small[1]:.2f} | {small[2]:.2f} |
| {large[0]} | {large[1]:.2f} | {large[2]:.2f} |
| ratio | {large[1] / small[1]:.2f} | {large[2] / small[2]:.2f} |
"""


if __name__ == "__main__":
    sys.exit(main())
