"""Tasks from submission to file, in the wrapped and the flat form; models, assets, clocks."""

import asyncio
import re
import time
from typing import Any

import httpx
import pytest
from tests.testing.support import (
    KEY,
    KLING,
    MINIMAX,
    SEEDANCE,
    client,
    emulator_settings,
    get_flat,
    get_wrapped,
    submit,
)

from orcagen.mock import recording, task_store
from orcarouter.testing import Emulator, RealClock, VirtualClock

pytestmark = emulator_settings()

Server = Emulator[VirtualClock]


@pytest.mark.parametrize("path", ["/video/generations", "/videos"])
def test_submission_returns_a_queued_task(server: Server, api: httpx.Client, path: str) -> None:
    response = api.post(path, json=KLING)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    task_id = response.json()["id"]
    assert re.fullmatch(r"task_[A-Za-z0-9]{32}", task_id)
    assert response.json() == {
        "id": task_id,
        "task_id": task_id,
        "object": "video",
        "model": KLING["model"],
        "status": "queued",
        "progress": 0,
        "created_at": int(server.clock.time()),
    }
    assert list(server.tasks) == [task_id]
    assert server.tasks[task_id].body == KLING


def test_both_forms_agree(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    states = []
    for _ in range(6):
        in_wrapped, in_flat = get_wrapped(api, task_id), get_flat(api, task_id)
        assert in_wrapped["progress"] == f"{in_flat['progress']}%"
        states.append(
            (
                in_wrapped["status"],
                in_flat["status"],
                in_wrapped["data"] and in_wrapped["data"]["data"]["task_status"],
            )
        )
        server.clock.advance(0.7)
    assert states == [
        ("SUBMITTED", "queued", None),
        ("QUEUED", "queued", "submitted"),
        ("IN_PROGRESS", "in_progress", "processing"),
        ("IN_PROGRESS", "in_progress", "processing"),
        ("IN_PROGRESS", "in_progress", "processing"),
        ("IN_PROGRESS", "in_progress", "processing"),
    ]
    server.clock.advance(0.7)
    assert (get_wrapped(api, task_id)["status"], get_flat(api, task_id)["status"]) == (
        "SUCCESS",
        "completed",
    )


def test_progress_never_decreases(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    seen = []
    for _ in range(50):
        seen.append(get_flat(api, task_id)["progress"])
        server.clock.advance(0.1)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (10, 100)


def test_wrapped_form_of_a_finished_kling_task(
    server: Server, api: httpx.Client, web: httpx.Client
) -> None:
    task_id, started = submit(api), int(server.clock.time())
    server.clock.advance(100)
    response = api.get(f"/video/generations/{task_id}").json()
    assert (response["code"], response["message"]) == ("success", "")
    data = response["data"]
    assert data["result_url"].startswith(server.files_url)
    assert data["fail_reason"] == ""
    assert data["action"] == "omniVideo"
    assert data["properties"] == {"input": KLING["prompt"], "origin_model_name": KLING["model"]}
    assert [data[f"{point}_time"] - started for point in ("submit", "start", "finish")] == [0, 1, 4]
    (video,) = data["data"]["data"]["task_result"]["videos"]
    assert video["url"] == data["result_url"]
    assert video["duration"] == "8"
    assert web.get(video["watermark_url"]).headers["content-type"] == "video/mp4"
    assert get_flat(api, task_id)["metadata"]["url"] == data["result_url"]


def test_flat_form_of_a_finished_seedance_task(
    server: Server, api: httpx.Client, web: httpx.Client
) -> None:
    task_id, started = submit(api, SEEDANCE, "/videos"), int(server.clock.time())
    assert get_flat(api, task_id)["metadata"] == {"url": ""}
    server.clock.advance(100)
    video = get_flat(api, task_id)
    assert video["model"] == SEEDANCE["model"]
    assert video["seconds"] == "6"
    assert video["created_at"] == started
    assert video["completed_at"] == started + 4
    assert video["usage"]["total_tokens"] > 0
    raw = get_wrapped(api, task_id)["data"]
    assert raw["status"] == "succeeded"
    assert raw["content"]["video_url"] == video["metadata"]["url"]
    picture = web.get(raw["content"]["last_frame_url"])
    assert picture.content.startswith(b"\x89PNG\r\n")


def test_other_models_have_no_provider_data(server: Server, api: httpx.Client) -> None:
    task_id = submit(api, MINIMAX)
    server.clock.advance(100)
    assert get_wrapped(api, task_id)["data"] is None
    assert get_flat(api, task_id)["seconds"] == "6"


@emulator_settings(queued=60, running=600)
def test_duration_settings(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(59)
    assert get_wrapped(api, task_id)["status"] == "QUEUED"
    server.clock.advance(600)
    assert get_wrapped(api, task_id)["status"] == "IN_PROGRESS"
    server.clock.advance(1)
    assert get_wrapped(api, task_id)["status"] == "SUCCESS"


@emulator_settings(queued=0, running=0)
def test_task_without_duration_is_done_immediately(api: httpx.Client) -> None:
    assert get_wrapped(api, submit(api))["status"] == "SUCCESS"


def test_content_operation_of_a_finished_task(
    server: Server, api: httpx.Client, web: httpx.Client
) -> None:
    task_id = submit(api)
    early = api.get(f"/videos/{task_id}/content")
    assert early.status_code == 400
    assert early.json()["error"]["message"] == "the task has not completed"
    server.clock.advance(100)
    response = api.get(f"/videos/{task_id}/content")
    assert response.headers["content-type"] == "video/mp4"
    assert response.headers["cache-control"] == "public, max-age=86400"
    assert response.content == web.get(get_wrapped(api, task_id)["result_url"]).content
    part = api.get(f"/videos/{task_id}/content", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    beyond = api.get(f"/videos/{task_id}/content", headers={"Range": "bytes=999999-"})
    assert (beyond.status_code, beyond.json()["error"]["type"]) == (502, "upstream_error")


def test_every_api_response_has_its_own_request_id(server: Server, api: httpx.Client) -> None:
    paths = ["/models", "/nowhere", "/videos/task_x", "/models/kling/kling-v3"]
    ids = [api.get(path).headers["x-orca-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)
    assert [request.request_id for request in server.requests] == ids


def test_requests_are_recorded(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    api.get("/asset/groups", params={"group_type": "aigc", "page_size": 2})
    first, second = server.requests
    assert (first.operation, first.method, first.path) == (
        "submitVideoTask",
        "POST",
        "/v1/video/generations",
    )
    assert first.json() == KLING
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert (first.status, first.at) == (200, server.clock.time())
    assert second.query == [("group_type", "aigc"), ("page_size", "2")]
    get_flat(api, task_id)
    assert [request.operation for request in server.requests_to("lookup")] == ["getVideo"]
    assert server.requests_to("createVideo") == []


def test_models(api: httpx.Client) -> None:
    models = api.get("/models").json()["data"]
    names = [model["id"] for model in models]
    assert "kling/kling-v3-omni" in names
    assert "minimax/minimax-h3" in names
    assert all(model["supported_endpoint_types"] == ["openai-video"] for model in models)
    kling = api.get("/models", params={"provider": "kling"}).json()["data"]
    assert {model["owned_by"] for model in kling} == {"kling"}
    assert api.get("/models/kling/kling-v3").json() == api.get("/models/kling%2Fkling-v3").json()
    assert api.get("/models/kling/kling-v0").json()["error"]["code"] == "model_not_found"


@emulator_settings(models=["kling/kling-v3", "example/new"])
def test_models_setting(api: httpx.Client) -> None:
    assert [m["id"] for m in api.get("/models").json()["data"]] == ["kling/kling-v3", "example/new"]
    submit(api, {"model": "example/new", "prompt": "A candle"})
    assert api.post("/videos", json=KLING).status_code == 404


def test_assets_become_active_after_their_check(server: Server, api: httpx.Client) -> None:
    group = api.post("/asset/groups", json={"Name": "props"}).json()["Id"]
    files = {
        name: api.post(
            "/asset/files",
            json={
                "GroupId": group,
                "URL": f"https://media.example.com/{name}.png",
                "AssetType": "Image",
                "Name": name,
            },
        ).json()["Id"]
        for name in ("lamp", "chair")
    }
    lamp = api.get(f"/asset/files/{files['lamp']}").json()
    assert (lamp["Status"], lamp["GroupId"], lamp["AssetType"]) == ("Processing", group, "Image")
    assert lamp["CreateTime"] == lamp["UpdateTime"] == "2027-01-15T08:00:00Z"
    assert "Name" not in lamp

    def list_names(**query: Any) -> list[str]:
        page = api.get("/asset/files", params={"group_id": group, **query}).json()
        return [item["Name"] for item in page["Items"]]

    assert list_names(statuses="Active,Failed") == []
    server.clock.advance(1)
    assert list_names(statuses="Active,Failed", sort_order="Asc") == ["lamp", "chair"]
    assert list_names(name="ch") == ["chair"]
    assert list_names(page_size=1, page_number=2, sort_order="Asc") == ["chair"]
    page = api.get("/asset/groups", params={"group_type": "aigc"}).json()
    assert [item["Id"] for item in page["Items"]] == [group]
    assert page["TotalCount"] == 1
    # By default the service lists groups of real people, which cannot be created here.
    assert api.get("/asset/groups").json()["TotalCount"] == 0
    assert api.get("/asset/files/asset-0").status_code == 404
    lost = {"GroupId": "group-0", "URL": "https://media.example.com/x.png", "AssetType": "Image"}
    assert api.post("/asset/files", json=lost).status_code == 404


def test_virtual_clock_replaces_waiting(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    begin = server.clock.time()
    while get_flat(api, task_id)["status"] != "completed":
        server.clock.advance(5)
    assert server.clock.time() - begin == 5


def test_clock_cannot_go_back() -> None:
    clock = VirtualClock(start=100)
    clock.advance(2.5)
    asyncio.run(clock.asleep(2.5))
    assert clock.time() == 105
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(-1)


def test_real_clock_is_the_default(web: httpx.Client) -> None:
    with Emulator(queued=0, running=0, check=False) as server:
        assert isinstance(server.clock, RealClock)
        assert abs(server.clock.time() - time.time()) < 60
        assert web.get(server.base_url + "/models").status_code == 200


def test_emulator_can_be_started_only_once(web: httpx.Client) -> None:
    server = Emulator(check=False)
    url = server.base_url + "/models"
    with server:
        assert web.get(url).status_code == 200
    server.stop()
    with pytest.raises(httpx.ConnectError):
        web.get(url)
    with pytest.raises(RuntimeError, match="can be started only once"):
        server.start()


def test_emulators_are_independent() -> None:
    with (
        Emulator(check=False) as first,
        Emulator(check=False) as second,
        client(first) as api,
        client(second) as other_api,
    ):
        task_id = submit(api)
        assert api.get(f"/videos/{task_id}").status_code == 200
        assert other_api.get(f"/videos/{task_id}").status_code == 404


def test_many_tasks_at_once(server: Server) -> None:
    async def run() -> list[str]:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(
            base_url=server.base_url, headers=headers, verify=False
        ) as api:

            async def run_task() -> str:
                task_id = (await api.post("/videos", json=MINIMAX)).json()["id"]
                server.clock.advance(0.01)
                while True:
                    status = (await api.get(f"/videos/{task_id}")).json()["status"]
                    if status == "completed":
                        return str(status)
                    await server.clock.asleep(1)

            return await asyncio.gather(*(run_task() for _ in range(100)))

    assert set(asyncio.run(run())) == {"completed"}
    assert len(server.tasks) == 100


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_MAX_REQUESTS", 30)
    monkeypatch.setattr(task_store, "MAX_TASKS", 20)
    with Emulator(check=False, credit=50, queued=0, running=0) as server, client(server) as api:
        ids = [submit(api) for _ in range(50)]
        assert (len(server.tasks), server.tasks.accepted) == (20, 50)
        assert list(server.tasks) == ids[-20:]
        assert len(server.requests) == len(server.requests_to("submit")) == 30
        # What would have been charged is still known.
        assert api.post("/video/generations", json=KLING).status_code == 402
        assert api.get(f"/video/generations/{ids[0]}").status_code == 404
        assert get_wrapped(api, ids[-1])["status"] == "SUCCESS"


def test_bodies_of_old_requests_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_MAX_BODY_BYTES", 100_000)
    monkeypatch.setattr(task_store, "_MAX_BYTES", 100_000)
    body = {**KLING, "image": "data:image/png;base64," + "A" * 30_000}
    with Emulator(check=False) as server, client(server) as api:
        for _ in range(10):
            submit(api, body)
        sizes = [len(request.body) for request in server.requests]
        assert sizes[:7] == [0] * 7
        assert all(size > 30_000 for size in sizes[7:])
        assert len(server.tasks) == 3
