"""Interrupts and cancellations during a submission: the id of the task is still received."""

from __future__ import annotations

import _thread
import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import pytest
from tests.client.support import KEY, KLING
from tests.raw_server import RawServer, respond, serve

from orcarouter import AsyncOrcaRouter, OrcaRouter, RetryPolicy

PAID = "task_PAID"
RESPONSE = respond({"id": PAID, "status": "queued"})
START, REST = RESPONSE[:-20], RESPONSE[-20:]


def interrupt_sync(server: RawServer, interrupts: int, **policy: Any) -> BaseException:
    """Submit, interrupt the main thread once the server has responded, and return the exception."""

    ended, done = threading.Event(), threading.Event()

    def interrupt() -> None:
        for _ in range(interrupts):
            if not ended.is_set():
                _thread.interrupt_main()
                ended.wait(0.5)
        if server.rest:
            server.release.set()
        done.set()

    server.on_sent = interrupt
    caught: KeyboardInterrupt | None = None
    retry_policy = RetryPolicy(**policy)
    with OrcaRouter(KEY, base_url=server.base_url, retry_policy=retry_policy) as client:
        try:
            client.videos.create(KLING)
        except KeyboardInterrupt as error:
            caught = error
        ended.set()
        with suppress(KeyboardInterrupt):  # one that came late belongs to no other test
            done.wait(30)
    assert caught is not None
    return caught


def interrupt_async(server: RawServer, interrupts: int, **policy: Any) -> BaseException:
    """The same with the cancellation of an asyncio task."""

    async def submit() -> BaseException:
        sent = asyncio.Event()
        loop = asyncio.get_running_loop()
        server.on_sent = lambda: loop.call_soon_threadsafe(sent.set)
        retry_policy = RetryPolicy(**policy)
        async with AsyncOrcaRouter(
            KEY, base_url=server.base_url, retry_policy=retry_policy
        ) as client:
            task = asyncio.ensure_future(client.videos.create(KLING))
            await sent.wait()
            for _ in range(interrupts):
                task.cancel()
                await asyncio.sleep(0.5)
            if server.rest:
                server.release.set()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            return caught.value

    return asyncio.run(submit())


def interrupt(kind: str, server: RawServer, interrupts: int = 1, **policy: Any) -> BaseException:
    return (interrupt_sync if kind == "sync" else interrupt_async)(server, interrupts, **policy)


@pytest.mark.parametrize("sent", [START, b""], ids=["in the body", "before the response"])
def test_the_response_is_read_to_its_end(
    client_kind: str, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(sent, stall=True) as server:
        server.rest = RESPONSE[len(sent) :]
        error = interrupt(client_kind, server)
        assert len(server.requests) == 1
    assert getattr(error, "task_id", None) == PAID
    assert any(PAID in text for text in error.__notes__)
    assert PAID in caplog.text


def test_an_interrupt_while_the_request_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the thread that sends has told the main thread that it runs."""
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        if thread.name == "task-start":
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with serve(RESPONSE) as server, OrcaRouter(KEY, base_url=server.base_url) as client:
        with pytest.raises(KeyboardInterrupt) as caught:
            client.videos.create(KLING)
        assert len(server.requests) == 1
    assert getattr(caught.value, "task_id", None) == PAID


@pytest.mark.parametrize("interrupts", [1, 2])
def test_a_response_that_does_not_end(client_kind: str, interrupts: int) -> None:
    # Twice: the second interrupt ends the grace period of an hour.
    timeout = 3.0 if interrupts == 1 else 3600.0
    for sent, task_id in ((respond(b'{"id": "task_PAID", ', length=500), PAID), (START[:40], "")):
        with serve(sent, stall=True) as server:
            error = interrupt(client_kind, server, interrupts, interrupt_timeout=timeout)
        assert getattr(error, "task_id", None) == task_id


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_command_line_prints_one_line(options: list[str]) -> None:
    with serve(START, stall=True) as server:
        server.rest = REST
        sent = threading.Event()
        server.on_sent = sent.set
        arguments = ["video", "create", "--model", "kling/kling-v3", "--prompt", "A kite"]
        arguments += options
        with subprocess.Popen(
            [sys.executable, "-m", "orcarouter", *arguments],
            env={**os.environ, "ORCAROUTER_API_KEY": KEY, "ORCAROUTER_BASE_URL": server.base_url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert sent.wait(60)
            process.send_signal(signal.SIGINT)
            threading.Event().wait(0.3)
            server.release.set()
            stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert [json.loads(stdout)["error"]["task_id"]] == [PAID] if options else not stdout
    (line,) = stderr.splitlines()
    assert PAID in line
