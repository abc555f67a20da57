"""The bindings alone wait for a task of the emulator, by what the document declares: both forms, both clients."""

from __future__ import annotations

import asyncio

import pytest

from orcarouter.testing import Emulator, Fault
from orcarouter_api import AsyncClient, Client, Polling
from orcarouter_api.api import video
from orcarouter_api.errors import TaskFailedError
from orcarouter_api.models import KlingVideoRequest, Video, VideoTaskData

BODY = KlingVideoRequest(model="kling/kling-v3", prompt="a paper boat")
POLLING = Polling(interval=0.05)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_task_of_the_emulator(is_async: bool) -> None:
    with Emulator(queued=0.05, running=0.05) as server:
        if is_async:

            async def wait() -> tuple[VideoTaskData, Video]:
                async with AsyncClient(
                    server.base_url, token="sk-orca-test", polling=POLLING
                ) as client:
                    wrapped = await client.start(video.submit_video_task(body=BODY))
                    flat = await client.start(video.create_video(body=BODY))
                    return await wrapped.wait(60), await flat.wait(60)

            data, flat_video = asyncio.run(wait())
        else:
            with Client(server.base_url, token="sk-orca-test", polling=POLLING) as client:
                data = client.start(video.submit_video_task(body=BODY)).wait(60)
                flat_video = client.start(video.create_video(body=BODY)).wait(60)
    assert data.status == "SUCCESS"
    assert flat_video.status == "completed"


def test_a_task_that_fails_after_faults() -> None:
    script = [
        Fault("submit", fail_reason="refused by the content policy"),
        Fault("lookup", status=503, times=2),
    ]
    polling = Polling(interval=0.05, initial_backoff=0.05)
    with (
        Emulator(script, queued=0.05, running=0.05) as server,
        Client(server.base_url, token="sk-orca-test", polling=polling) as client,
        pytest.raises(TaskFailedError, match="refused by the content policy") as caught,
    ):
        client.start(video.submit_video_task(body=BODY)).wait(60)
    assert [entry.status for entry in caught.value.task.timeline].count("HTTP 503") == 1
