"""Requests, settings and helpers that the tests of the emulator share."""

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


def emulator_settings(script: Any = (), **settings: Any) -> pytest.MarkDecorator:
    """A mark with script and settings of the emulator, for a test or a module. Submissions are not checked."""
    mark: pytest.MarkDecorator = pytest.mark.orcarouter_emulator(script, check=False, **settings)
    return mark


def client(server: Emulator[Any]) -> httpx.Client:
    """An HTTP client for the API of the emulator, with a valid key."""
    # verify=False: loading certificates takes longer than most of these tests, and nothing uses TLS.
    headers = {"Authorization": f"Bearer {KEY}"}
    return httpx.Client(base_url=server.base_url, headers=headers, verify=False, timeout=30)


def submit(
    api: httpx.Client, body: Mapping[str, Any] = KLING, path: str = "/video/generations"
) -> str:
    """Submit a task, assert that it is accepted, and return its id."""
    response = api.post(path, json=body)
    assert response.status_code == 200, response.text
    return str(response.json()["task_id"])


def get_wrapped(api: httpx.Client, task_id: str) -> dict[str, Any]:
    """Look a task up in the wrapped form; returns its `data`."""
    response = api.get(f"/video/generations/{task_id}")
    assert response.status_code == 200, response.text
    data: dict[str, Any] = response.json()["data"]
    return data


def get_flat(api: httpx.Client, task_id: str) -> dict[str, Any]:
    """Look a task up in the flat form."""
    response = api.get(f"/videos/{task_id}")
    assert response.status_code == 200, response.text
    video: dict[str, Any] = response.json()
    return video
