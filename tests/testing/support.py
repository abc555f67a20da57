"""What the tests of the emulator share."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from orcarouter.testing import Emulator

KEY = "sk-orca-test"

KLING = {
    "model": "kling/kling-v3-omni",
    "prompt": "A kite over a beach",
    "metadata": {"mode": "std", "duration": "8", "watermark_info": {"enabled": True}},
}
SEEDANCE = {
    "model": "byteplus/dreamina-seedance-2-0-260128",
    "prompt": "A tram turns a corner",
    "metadata": {"duration": 6, "return_last_frame": True},
}
MINIMAX = {"model": "minimax/minimax-h3", "prompt": "A bud opens"}


def emulated(script: Any = (), **settings: Any) -> pytest.MarkDecorator:
    """Settings of the emulator of one test, or of a module; without the capability map."""
    mark: pytest.MarkDecorator = pytest.mark.orcarouter_emulator(script, check=False, **settings)
    return mark


def client(server: Emulator[Any]) -> httpx.Client:
    """A client of the emulator that has a key."""
    # Loading certificates, which nothing here needs, takes longer than most of these tests.
    headers = {"Authorization": f"Bearer {KEY}"}
    return httpx.Client(base_url=server.base_url, headers=headers, verify=False, timeout=30)


def submit(
    api: httpx.Client, body: Mapping[str, Any] = KLING, path: str = "/video/generations"
) -> str:
    """Submit a task that must be accepted; its id."""
    answer = api.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["task_id"])


def wrapped(api: httpx.Client, task_id: str) -> dict[str, Any]:
    """The `data` of the wrapped form."""
    answer = api.get(f"/video/generations/{task_id}")
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def flat(api: httpx.Client, task_id: str) -> dict[str, Any]:
    """The flat form."""
    answer = api.get(f"/videos/{task_id}")
    assert answer.status_code == 200, answer.text
    video: dict[str, Any] = answer.json()
    return video
