"""The cost of waiting for many tasks at once in one process.

`python -m benchmarks.many_tasks [--tasks N,N,...] [--running SECONDS]`

This process starts the emulator, on the real clock, and submits the tasks. Each measurement is another process that resumes
them by their tokens, so that its requests, CPU time and memory are those of the wait alone. The polling schedule is the
client's default.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orcarouter import AsyncOrcaRouter, OrcaRouter, Outcome

_KEY = "sk-orca-many-tasks"
_REQUEST = {
    "model": "kling/kling-v2-6",
    "prompt": "A kite over a beach",
    "metadata": {"mode": "pro", "aspect_ratio": "16:9", "duration": "5"},
}
_DRIVERS = ("sync", "async")


def main() -> int:
    """Prints a table. Exit status 1 if a task was lost."""
    parser = argparse.ArgumentParser(description="Wait for many tasks at once.")
    parser.add_argument("--tasks", default="250,500,1000", help="how many, separated by commas")
    parser.add_argument("--running", type=float, default=45.0, help="seconds that a task takes")
    parser.add_argument("--wait", choices=_DRIVERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.wait:
        print(json.dumps(_wait(options.wait, json.load(sys.stdin))))
        return 0
    print(
        "driver  tasks  done  requests  per task  CPU s  CPU ms/request  memory MiB  grown KiB/task  s"
    )
    lost = 0
    for driver in _DRIVERS:
        for count in map(int, options.tasks.split(",")):
            result = _measure(driver, count, options.running)
            lost += count - result["done"]
            print(_row(driver, count, result), flush=True)
    return 1 if lost else 0


def _row(driver: str, count: int, result: dict[str, Any]) -> str:
    requests, cpu = result["requests"], result["cpu"]
    return (
        f"{driver:6}  {count:5}  {result['done']:4}  {requests:8}  {requests / count:8.1f}  {cpu:5.1f}"
        f"  {1000 * cpu / requests:14.2f}  {result['peak']:10.1f}"
        f"  {1024 * result['grown'] / count:14.1f}  {result['seconds']:.0f}"
    )


def _measure(driver: str, count: int, running: float) -> dict[str, Any]:
    with _emulator(running) as base_url:
        os.environ["ORCAROUTER_BASE_URL"] = base_url
        tokens = asyncio.run(_submit(count))
        command = [sys.executable, "-m", "benchmarks.many_tasks", "--wait", driver]
        done = subprocess.run(
            command, input=json.dumps(tokens), stdout=subprocess.PIPE, text=True, check=True
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextmanager
def _emulator(running: float) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "settings.json")
        script.write_text(json.dumps({"running": running}), encoding="utf-8")
        command = [sys.executable, "-m", "orcarouter.testing", "--script", str(script)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            yield server.stdout.readline().split()[-1]
            server.terminate()


async def _submit(count: int) -> list[str]:
    """Resume tokens of `count` new tasks."""
    gate = asyncio.Semaphore(8)

    async def submit() -> str:
        async with gate:
            return (await orca.videos.create(_REQUEST, check="off")).resume_token()

    async with AsyncOrcaRouter(_KEY) as orca:
        return await asyncio.gather(*(submit() for _ in range(count)))


def _wait(driver: str, tokens: list[str]) -> dict[str, Any]:
    """Waits for the tasks in this process, and measures that."""
    requests = 0

    def count(*_: Any) -> None:
        nonlocal requests
        requests += 1

    async def acount(*_: Any) -> None:
        count()

    # The first request and the first check import modules; the measurement begins after them.
    import httpx

    limits = httpx.Limits(max_connections=20)
    from orcarouter.capabilities import check

    check(_REQUEST)
    outcomes: list[Outcome[Any]] = []
    before = cpu = 0.0
    started = time.monotonic()
    if driver == "sync":
        with (
            httpx.Client(event_hooks={"request": [count]}, limits=limits) as http,
            OrcaRouter(_KEY, http_client=http) as orca,
        ):
            orca.resume(tokens[0]).refresh()
            before, cpu = _peak(), time.process_time()
            outcomes += orca.wait_all(map(orca.resume, tokens))
    else:

        async def wait() -> None:
            nonlocal before, cpu
            async with (
                httpx.AsyncClient(event_hooks={"request": [acount]}, limits=limits) as http,
                AsyncOrcaRouter(_KEY, http_client=http) as orca,
            ):
                await orca.resume(tokens[0]).refresh()
                before, cpu = _peak(), time.process_time()
                outcomes.extend(await orca.wait_all(map(orca.resume, tokens)))

        asyncio.run(wait())
    return {
        "done": sum(each.ok for each in outcomes),
        "requests": requests - 1,
        "cpu": time.process_time() - cpu,
        "peak": _peak(),
        "grown": _peak() - before,
        "seconds": time.monotonic() - started,
    }


def _peak() -> float:
    """The peak memory of this process, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    sys.exit(main())
