"""Each quirk of the settings, as a client sees it."""

from typing import Any

import httpx
import pytest
from tests.testing.support import (
    KLING,
    SEEDANCE,
    client,
    emulator_settings,
    get_flat,
    get_wrapped,
    submit,
)

from orcarouter.testing import Emulator, Fault, Quirk, VirtualClock

Server = Emulator[VirtualClock]


def with_quirks(*quirks: Quirk, **settings: Any) -> pytest.MarkDecorator:
    return emulator_settings(quirks=quirks, **settings)


def fail_next(server: Server) -> None:
    server.script.add(Fault("submit", fail_reason="no faces, please"))


@with_quirks("url_in_fail_reason")
def test_url_in_fail_reason(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(100)
    data = get_wrapped(api, task_id)
    assert data["fail_reason"].startswith(server.files_url)
    assert "result_url" not in data


@with_quirks("reason_in_result_url")
def test_reason_in_result_url(server: Server, api: httpx.Client) -> None:
    fail_next(server)
    failed, fine = submit(api), submit(api)
    server.clock.advance(100)
    assert get_wrapped(api, failed)["result_url"] == "no faces, please"
    assert get_wrapped(api, fine)["result_url"].startswith(server.files_url)


@with_quirks("url_in_provider_data_only")
def test_url_in_provider_data_only(server: Server, api: httpx.Client) -> None:
    task_id = submit(api, SEEDANCE)
    server.clock.advance(100)
    data = get_wrapped(api, task_id)
    assert "result_url" not in data
    assert data["data"]["content"]["video_url"].startswith(server.files_url)


@with_quirks("internal_fields")
def test_internal_fields(api: httpx.Client) -> None:
    task_id = submit(api)
    data = get_wrapped(api, task_id)
    assert isinstance(data["id"], int)
    assert data["task_id"] == task_id
    assert {"user_id", "channel_id", "platform", "quota"} <= data.keys()


@with_quirks("no_wrapper_code")
def test_no_wrapper_code(api: httpx.Client) -> None:
    assert api.get(f"/video/generations/{submit(api)}").json().keys() == {"data"}


@with_quirks("empty_progress")
def test_empty_progress(api: httpx.Client) -> None:
    assert get_wrapped(api, submit(api))["progress"] == ""


@with_quirks("legacy_flat")
def test_legacy_flat(server: Server, api: httpx.Client) -> None:
    fail_next(server)
    failed, fine = submit(api), submit(api)
    states = []
    for _ in range(3):
        response = api.get(f"/video/generations/{fine}").json()
        states.append((response["status"], response["error"], bool(response["url"])))
        server.clock.advance(2)
    assert states == [
        ("queued", None, False),
        ("processing", None, False),
        ("succeeded", None, True),
    ]
    response = api.get(f"/video/generations/{failed}").json()
    assert (response["status"], response["error"]) == (
        "failed",
        {"code": 500, "message": "no faces, please"},
    )


@with_quirks("wrapped_flat")
def test_wrapped_flat(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(100)
    response = api.get(f"/video/generations/{task_id}").json()
    assert response["code"] == "success"
    assert response["data"]["status"] == "succeeded"
    assert response["data"]["url"].startswith(server.files_url)


@with_quirks("created_at_milliseconds")
def test_created_at_milliseconds(server: Server, api: httpx.Client) -> None:
    submitted_at = int(server.clock.time())
    assert get_flat(api, submit(api))["created_at"] == submitted_at * 1000
    assert get_flat(api, submit(api, SEEDANCE))["created_at"] == submitted_at


@with_quirks("empty_id_and_model")
def test_empty_id_and_model(api: httpx.Client) -> None:
    task_id = submit(api)
    video = get_flat(api, task_id)
    assert (video["id"], video["task_id"], video["model"]) == (task_id, "", "")
    assert get_flat(api, submit(api, SEEDANCE))["model"] == SEEDANCE["model"]


@with_quirks("early_completed_at")
def test_early_completed_at(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(2)
    video = get_flat(api, task_id)
    assert video["status"] == "in_progress"
    assert video["completed_at"] == int(server.clock.time())


@with_quirks("failure_without_error")
def test_failure_without_error(server: Server, api: httpx.Client) -> None:
    fail_next(server)
    fail_next(server)
    kling, seedance = submit(api), submit(api, SEEDANCE)
    server.clock.advance(100)
    assert get_flat(api, kling)["status"] == "failed"
    assert "error" not in get_flat(api, kling)
    assert get_flat(api, seedance)["error"]["message"] == "no faces, please"
    assert get_wrapped(api, kling)["fail_reason"] == "no faces, please"


@pytest.mark.parametrize(
    ("quirk", "keys"),
    [
        ("no_submission_status", {"id", "task_id", "model", "progress", "created_at"}),
        ("short_submission", {"id", "status", "model"}),
        ("task_id_only", {"task_id", "status"}),
    ],
)
def test_submission_responses(quirk: Quirk, keys: set[str]) -> None:
    with Emulator(quirks=[quirk], check=False) as server, client(server) as api:
        response = api.post("/videos", json=KLING)
    assert response.json().keys() == keys


@with_quirks("unknown_task_400", "unknown_model_503", "no_credit_403", credit=0)
def test_status_codes(api: httpx.Client) -> None:
    response = api.get("/videos/task_unknown")
    assert (response.status_code, response.json()["code"]) == (400, "task_not_exist")
    response = api.post("/videos", json={**KLING, "model": "kling/kling-v0"})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "model_not_found")
    response = api.post("/videos", json=KLING)
    assert (response.status_code, response.json()["error"]["code"]) == (
        403,
        "insufficient_user_quota",
    )


@with_quirks("never_ends")
def test_never_ends(server: Server, api: httpx.Client) -> None:
    task_id = submit(api, SEEDANCE)
    server.clock.advance(10_000_000)
    data = get_wrapped(api, task_id)
    assert (data["status"], data["data"]["status"]) == ("IN_PROGRESS", "expired")
