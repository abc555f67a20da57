"""A client that was used before a fork: no response reaches another process than the one that asked."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.client.support import KEY, KLING

from orcarouter import AsyncOrcaRouter, OrcaRouter, errors
from orcarouter.testing import Emulator, RealClock

TASKS = 24
ROUNDS = 10
PROCESSES = 4

client: Any = None
"""Is inherited by the processes of a pool that forks."""
folder = Path()

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def make_video(number: int) -> tuple[int, str, str, int]:
    """Submit a task whose number is in its prompt, wait for it, download it; in any process."""
    prompt = f"number {number}"
    target = folder / f"{number}.mp4"
    if isinstance(client, OrcaRouter):
        task = client.videos.create({**KLING, "prompt": prompt})
        task.wait(60, interval=0.01)
        task.download(target, overwrite=True)
        return number, task.id, prompt, os.getpid()

    async def make() -> str:
        task = await client.videos.create({**KLING, "prompt": prompt})
        await task.wait(60, interval=0.01)
        await task.download(target, overwrite=True)
        return str(task.id)

    return number, asyncio.run(make()), prompt, os.getpid()


@needs_fork
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_nothing_is_crossed_between_processes(kind: str, tmp_path: Path) -> None:
    global client, folder
    folder = tmp_path
    with Emulator(queued=0, running=0, clock=RealClock()) as server:
        make: Any = OrcaRouter if kind == "sync" else AsyncOrcaRouter
        client = make(KEY, base_url=server.base_url)
        make_video(-1)  # both kinds of connections are open now
        context = multiprocessing.get_context("fork")
        for _ in range(ROUNDS):
            with context.Pool(PROCESSES) as pool:
                results = pool.map_async(make_video, range(TASKS), chunksize=1)
                own = make_video(-2)
                for _, task_id, prompt, process in [own, *results.get(120)]:
                    assert server.tasks[task_id].body["prompt"] == prompt
                    assert (process == os.getpid()) == (prompt == own[2])
        assert len(server.tasks) == 1 + ROUNDS * (TASKS + 1)
        assert len({request.path for request in server.requests_to("getFile")}) == len(server.tasks)
        sizes = {path.stat().st_size for path in tmp_path.iterdir()}
        assert len(sizes) == 1
        if kind == "sync":
            client.close()


def run_in_child(function: Any) -> str:
    """What a function returns in a forked process."""
    parent, child = multiprocessing.Pipe()

    def run() -> None:
        child.send(function())

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    result: str = parent.recv() if parent.poll(30) else "no response"
    process.join(30)
    return result


@needs_fork
def test_an_http_client_after_a_fork_is_named() -> None:
    with (
        Emulator(queued=0, running=0) as server,
        httpx.Client() as http,
        OrcaRouter(KEY, base_url=server.base_url, http_client=http) as orca,
    ):
        orca.videos.create(KLING)

        def submit() -> str:
            try:
                return str(orca.videos.create(KLING).id)
            except errors.ConfigurationError as error:
                return str(error)

        assert "forked: make a new client" in run_in_child(submit)
        assert len(server.tasks) == 1


@needs_fork
def test_a_fork_while_other_threads_send() -> None:
    with (
        Emulator(queued=0, running=0) as server,
        OrcaRouter(KEY, base_url=server.base_url) as orca,
    ):
        stop = threading.Event()

        def submit_many() -> None:
            while not stop.is_set():
                orca.videos.create(KLING).wait(60, interval=0.01)

        threads = [threading.Thread(target=submit_many) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                task_id = run_in_child(lambda: orca.videos.create(KLING).id)
                assert task_id in server.tasks
        finally:
            stop.set()
            for thread in threads:
                thread.join()
