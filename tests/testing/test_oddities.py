"""The service's habits that are not its documented ones, and those of its other versions."""

from typing import Any

import httpx
import pytest
from tests.testing.support import KLING, SEEDANCE, client, emulated, flat, submit, wrapped

from orcarouter.testing import Emulator, Fault, Oddity, VirtualClock

Server = Emulator[VirtualClock]


def odd(*oddities: Oddity, **settings: Any) -> pytest.MarkDecorator:
    return emulated(oddities=oddities, **settings)


def fail_next(server: Server) -> None:
    server.script.add(Fault("submit", fail="no faces, please"))


@odd("url_in_fail_reason")
def test_url_in_fail_reason(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(100)
    data = wrapped(api, task_id)
    assert data["fail_reason"].startswith(server.files_url)
    assert "result_url" not in data


@odd("text_in_result_url")
def test_text_in_result_url(server: Server, api: httpx.Client) -> None:
    fail_next(server)
    failed, fine = submit(api), submit(api)
    server.clock.advance(100)
    assert wrapped(api, failed)["result_url"] == "no faces, please"
    assert wrapped(api, fine)["result_url"].startswith(server.files_url)


@odd("url_in_raw_only")
def test_url_in_raw_only(server: Server, api: httpx.Client) -> None:
    task_id = submit(api, SEEDANCE)
    server.clock.advance(100)
    data = wrapped(api, task_id)
    assert "result_url" not in data
    assert data["data"]["content"]["video_url"].startswith(server.files_url)


@odd("internal_fields")
def test_internal_fields(api: httpx.Client) -> None:
    task_id = submit(api)
    data = wrapped(api, task_id)
    assert isinstance(data["id"], int)
    assert data["task_id"] == task_id
    assert {"user_id", "channel_id", "platform", "quota"} <= data.keys()


@odd("no_wrapper_code")
def test_no_wrapper_code(api: httpx.Client) -> None:
    assert api.get(f"/video/generations/{submit(api)}").json().keys() == {"data"}


@odd("empty_progress")
def test_empty_progress(api: httpx.Client) -> None:
    assert wrapped(api, submit(api))["progress"] == ""


@odd("legacy_flat")
def test_legacy_flat(server: Server, api: httpx.Client) -> None:
    fail_next(server)
    failed, fine = submit(api), submit(api)
    told = []
    for _ in range(3):
        answer = api.get(f"/video/generations/{fine}").json()
        told.append((answer["status"], answer["error"], bool(answer["url"])))
        server.clock.advance(2)
    assert told == [
        ("queued", None, False),
        ("processing", None, False),
        ("succeeded", None, True),
    ]
    answer = api.get(f"/video/generations/{failed}").json()
    assert (answer["status"], answer["error"]) == (
        "failed",
        {"code": 500, "message": "no faces, please"},
    )


@odd("wrapped_flat")
def test_wrapped_flat(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(100)
    answer = api.get(f"/video/generations/{task_id}").json()
    assert answer["code"] == "success"
    assert answer["data"]["status"] == "succeeded"
    assert answer["data"]["url"].startswith(server.files_url)


@odd("milliseconds")
def test_milliseconds(server: Server, api: httpx.Client) -> None:
    now = int(server.clock.now())
    assert flat(api, submit(api))["created_at"] == now * 1000
    assert flat(api, submit(api, SEEDANCE))["created_at"] == now


@odd("blank_names")
def test_blank_names(api: httpx.Client) -> None:
    task_id = submit(api)
    video = flat(api, task_id)
    assert (video["id"], video["task_id"], video["model"]) == (task_id, "", "")
    assert flat(api, submit(api, SEEDANCE))["model"] == SEEDANCE["model"]


@odd("early_completed_at")
def test_early_completed_at(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(2)
    video = flat(api, task_id)
    assert video["status"] == "in_progress"
    assert video["completed_at"] == int(server.clock.now())


@odd("failure_without_error")
def test_failure_without_error(server: Server, api: httpx.Client) -> None:
    fail_next(server)
    fail_next(server)
    kling, seedance = submit(api), submit(api, SEEDANCE)
    server.clock.advance(100)
    assert flat(api, kling)["status"] == "failed"
    assert "error" not in flat(api, kling)
    assert flat(api, seedance)["error"]["message"] == "no faces, please"
    assert wrapped(api, kling)["fail_reason"] == "no faces, please"


@pytest.mark.parametrize(
    ("oddity", "keys"),
    [
        ("no_submission_status", {"id", "task_id", "model", "progress", "created_at"}),
        ("short_submission", {"id", "status", "model"}),
        ("task_id_only", {"task_id", "status"}),
    ],
)
def test_other_answers_to_a_submission(oddity: Oddity, keys: set[str]) -> None:
    with Emulator(oddities=[oddity], check=False) as server, client(server) as api:
        answer = api.post("/videos", json=KLING)
    assert answer.json().keys() == keys


@odd("unknown_task_400", "unknown_model_503", "no_credit_403", credit=0)
def test_other_statuses(api: httpx.Client) -> None:
    answer = api.get("/videos/task_unknown")
    assert (answer.status_code, answer.json()["code"]) == (400, "task_not_exist")
    answer = api.post("/videos", json={**KLING, "model": "kling/kling-v0"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_not_found")
    answer = api.post("/videos", json=KLING)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "insufficient_user_quota")


@odd("expired")
def test_expired(server: Server, api: httpx.Client) -> None:
    task_id = submit(api, SEEDANCE)
    server.clock.advance(10_000_000)
    data = wrapped(api, task_id)
    assert (data["status"], data["data"]["status"]) == ("IN_PROGRESS", "expired")
