"""The effect of each fault, from the point of view of a client."""

import json
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from tests.testing.support import (
    KEY,
    KLING,
    SEEDANCE,
    client,
    emulator_settings,
    get_flat,
    get_wrapped,
    submit,
)

from orcarouter.testing import Emulator, Fault, VirtualClock

pytestmark = emulator_settings()

Server = Emulator[VirtualClock]


def finish_task(server: Server, api: httpx.Client) -> str:
    """Submit a task and let it finish; returns the URL of its video."""
    task_id = submit(api)
    server.clock.advance(100)
    return str(get_wrapped(api, task_id)["result_url"])


@emulator_settings(
    [
        {"on": "submit", "status": 429, "retry_after": 2, "times": 2},
        {"on": "submit", "disconnect": True, "when": "after"},
        {"on": "lookup", "skip": 1, "status": 503, "times": 3},
    ]
)
def test_steps_for_one_operation_apply_one_after_the_other(
    server: Server, api: httpx.Client
) -> None:
    assert [api.post("/videos", json=KLING).status_code for _ in range(2)] == [429, 429]
    with pytest.raises(httpx.RemoteProtocolError):
        api.post("/videos", json=KLING)
    (task_id,) = server.tasks
    submit(api)
    codes = [api.get(f"/videos/{task_id}").status_code for _ in range(5)]
    assert codes == [200, 503, 503, 503, 200]
    assert server.script.pending == []
    assert [request.status for request in server.requests_to("submit")] == [429, 429, None, 200]


def test_faults_can_be_added_later(server: Server, api: httpx.Client) -> None:
    server.script.add(Fault("getModel", status=500), Fault("any", status=502, times=None))
    assert api.get("/models").status_code == 502
    assert api.get("/models/kling/kling-v3").status_code == 500
    assert api.get("/nowhere").status_code == 502
    assert server.script.pending == []
    server.script.add(Fault("submit", status=500, times=3))
    assert [fault.times for fault in server.script.pending] == [3]


@pytest.mark.parametrize("status", [400, 402, 403, 429, 500, 502, 503, 504, 520, 529, 599])
def test_any_status(server: Server, api: httpx.Client, status: int) -> None:
    server.script.add(Fault("submit", status=status))
    response = api.post("/videos", json=KLING)
    assert response.status_code == status
    assert response.json()["error"]["message"]
    assert response.headers["x-orca-request-id"] == server.requests[0].request_id
    assert len(server.tasks) == 0


def test_status_after_the_task_was_accepted(server: Server, api: httpx.Client) -> None:
    server.script.add(Fault("submit", status=504, when="after"))
    assert api.post("/videos", json=KLING).status_code == 504
    assert len(server.tasks) == 1


def test_error_code_message_and_format(server: Server, api: httpx.Client) -> None:
    server.script.add(
        Fault(
            "lookup", status=403, code="quota_insufficient", message="额度不足", error_format="task"
        ),
        Fault("lookup", status=500, code=1303),
        Fault("lookup", status=500, code=""),
        Fault("lookup", status=500, remove=["error.code", "error.param"]),
    )
    responses = [api.get("/videos/task_1").json() for _ in range(4)]
    assert responses[0] == {"code": "quota_insufficient", "message": "额度不足", "data": None}
    assert responses[1]["error"]["code"] == 1303
    assert responses[2]["error"]["code"] is None
    assert responses[3]["error"].keys() == {"message", "type"}


@emulator_settings([{"on": "lookup", "status": 500}], error_format="task")
def test_faults_use_the_error_format_of_the_settings(api: httpx.Client) -> None:
    assert api.get("/videos/task_1").json()["code"] == "do_request_failed"


def test_retry_after(server: Server, api: httpx.Client) -> None:
    server.script.add(
        Fault("lookup", status=429, retry_after=20),
        Fault("lookup", status=429, retry_after="soon"),
        Fault("lookup", status=429, retry_after_date=90),
        Fault("lookup", status=429),
    )
    responses = [api.get("/videos/task_1").headers for _ in range(4)]
    assert [response.get("retry-after") for response in responses[:2]] == ["20", "soon"]
    date = parsedate_to_datetime(responses[2]["retry-after"])
    assert date.timestamp() == server.clock.time() + 90
    assert (date - parsedate_to_datetime(responses[2]["date"])).total_seconds() == 90
    assert "retry-after" not in responses[3]


@pytest.mark.parametrize(
    ("fault", "status", "kind", "text"),
    [
        (Fault("lookup", malformed_body="json"), 200, "application/json", '{"id": "task_'),
        (Fault("lookup", malformed_body="html", status=502), 502, "text/html", "<html>"),
        (Fault("lookup", malformed_body="empty"), 200, None, ""),
        (Fault("lookup", body="busy", status=503), 503, "text/plain", "busy"),
        (Fault("lookup", body="[]"), 200, "application/json", "[]"),
        (Fault("lookup", status=204), 204, None, ""),
    ],
)
def test_replaced_body(
    server: Server, api: httpx.Client, fault: Fault, status: int, kind: str | None, text: str
) -> None:
    server.script.add(fault)
    response = api.get("/videos/task_1")
    assert response.status_code == status
    assert (response.headers.get("content-type") or "").partition(";")[0] == (kind or "")
    assert response.text.startswith(text)
    if kind == "application/json" and text == '{"id": "task_':
        with pytest.raises(json.JSONDecodeError):
            response.json()


def test_redirect(server: Server, api: httpx.Client, web: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(100)
    url = get_wrapped(api, task_id)["result_url"]
    server.script.add(Fault("getFile", status=302, headers={"Location": url}))
    assert web.get(url).is_redirect
    assert web.get(url, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_disconnect(server: Server, api: httpx.Client, when: Any) -> None:
    server.script.add(Fault("submit", disconnect=True, when=when))
    with pytest.raises(httpx.ReadError if when == "before" else httpx.RemoteProtocolError):
        api.post("/videos", json=KLING)
    assert len(server.tasks) == {"before": 0, "after": 1}[when]
    assert (server.requests[0].json(), server.requests[0].status) == (KLING, None)
    submit(api)


@pytest.mark.parametrize("when", ["before", "after"])
def test_stall_lasts_until_the_client_disconnects(
    server: Server, api: httpx.Client, when: Any
) -> None:
    server.script.add(Fault("submit", stall=True, when=when))
    with pytest.raises(httpx.ReadTimeout):
        api.post("/videos", json=KLING, timeout=0.05)
    assert len(server.tasks) == {"before": 0, "after": 1}[when]


def test_delay_advances_the_clock(server: Server, api: httpx.Client) -> None:
    task_id, begin = submit(api), server.clock.time()
    server.script.add(Fault("lookup", delay=30), Fault("lookup", delay=5, disconnect=True))
    assert get_flat(api, task_id)["status"] == "queued"
    assert server.clock.time() == begin + 30
    with pytest.raises(httpx.TransportError):
        api.get(f"/videos/{task_id}")
    assert server.clock.time() == begin + 35


def test_trickle_advances_the_clock_and_sends_the_whole_body(
    server: Server, api: httpx.Client, web: httpx.Client
) -> None:
    url = finish_task(server, api)
    whole, begin = web.get(url).content, server.clock.time()
    server.script.add(Fault("content", trickle_interval=10, trickle_bytes=1000))
    with web.stream("GET", url) as response:
        assert response.headers["content-length"] == str(len(whole))
        assert b"".join(response.iter_bytes()) == whole
    assert server.clock.time() == begin + 10 * (len(whole) // 1000)


@pytest.mark.parametrize("kept", [0, 1, 5000])
@pytest.mark.parametrize("interval", [None, 1])
def test_truncated_body(
    server: Server, api: httpx.Client, kept: int, interval: float | None, web: httpx.Client
) -> None:
    url = finish_task(server, api)
    whole = web.get(url).content
    server.script.add(Fault("content", truncate=kept, trickle_interval=interval))
    received = bytearray()
    with web.stream("GET", url) as response:
        assert response.headers["content-length"] == str(len(whole))
        with pytest.raises(httpx.RemoteProtocolError):
            append(response.iter_bytes(), received)
    assert received == whole[:kept]
    rest = web.get(url, headers={"Range": f"bytes={kept}-", "If-Range": response.headers["etag"]})
    assert whole == received + rest.content


def append(pieces: Iterable[bytes], received: bytearray) -> None:
    for piece in pieces:
        received += piece


def test_truncated_json(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.script.add(Fault("lookup", truncate=20))
    with pytest.raises(httpx.RemoteProtocolError):
        api.get(f"/videos/{task_id}")
    assert get_flat(api, task_id)["status"] == "queued"


def test_change_and_remove_values(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(100)
    changes: dict[str, Any] = {
        "data.status": "PONDERING",
        "data.progress": None,
        "data.data.data.task_result.videos.0.url": 7,
        "data.data.data.task_result.videos.1": {"id": "v-2"},
        "data.fail_reason.deep": [],
        "new.deep": True,
    }
    removed = ["message", "data.result_url", "data.nothing.here", "data.fail_reason.deep.0"]
    server.script.add(Fault("lookup", change=changes, remove=removed, headers={"X-Odd": "yes"}))
    response = api.get(f"/video/generations/{task_id}")
    content = response.json()
    assert response.headers["x-odd"] == "yes"
    assert (content["data"]["status"], content["data"]["progress"]) == ("PONDERING", None)
    first, second = content["data"]["data"]["data"]["task_result"]["videos"]
    assert (first["url"], second) == (7, {"id": "v-2"})
    assert content["data"]["fail_reason"] == {"deep": []}
    assert content["new"] == {"deep": True}
    assert "message" not in content
    assert "result_url" not in content["data"]
    assert get_wrapped(api, task_id)["status"] == "SUCCESS"


def test_changes_do_not_affect_files(server: Server, api: httpx.Client, web: httpx.Client) -> None:
    url = finish_task(server, api)
    server.script.add(Fault("content", change={"status": "odd"}))
    assert web.get(url).content == web.get(url).content


def test_unknown_task(server: Server, api: httpx.Client) -> None:
    task_id, other = submit(api), submit(api)
    server.script.add(Fault("lookup", skip=1, unknown_task=True))
    paths = [f"/videos/{task_id}", f"/videos/{task_id}", f"/video/generations/{task_id}"]
    assert [api.get(path).status_code for path in paths] == [200, 404, 404]
    assert api.get(f"/videos/{other}").status_code == 200
    assert task_id in server.tasks  # it was charged nevertheless


def test_fail_reason(server: Server, api: httpx.Client) -> None:
    server.script.add(
        Fault("submit", fail_reason="refused by the content policy", duration=7, times=2)
    )
    kling, seedance = submit(api), submit(api, SEEDANCE)
    server.clock.advance(1 + 7)
    data = get_wrapped(api, kling)
    assert (data["status"], data["progress"]) == ("FAILURE", "100%")
    assert data["fail_reason"] == "refused by the content policy"
    assert data["data"]["data"]["task_status_msg"] == "refused by the content policy"
    assert "result_url" not in data
    video = get_flat(api, seedance)
    assert (video["status"], video["metadata"]) == ("failed", {"url": ""})
    assert video["error"]["message"] == "refused by the content policy"
    assert get_wrapped(api, seedance)["data"]["error"]["message"] == "refused by the content policy"
    assert api.get(f"/videos/{kling}/content").status_code == 400


def test_a_task_that_fails_without_a_reason_of_the_script(
    server: Server, api: httpx.Client
) -> None:
    server.script.add(Fault("submit", task="failed"))
    task_id = submit(api)
    server.clock.advance(100)
    data = get_wrapped(api, task_id)
    assert (data["status"], data["fail_reason"]) == ("FAILURE", "the task has failed")


def test_never_ends(server: Server, api: httpx.Client) -> None:
    server.script.add(Fault("submit", never_ends=True))
    task_id = submit(api, SEEDANCE)
    server.clock.advance(10_000_000)
    data = get_wrapped(api, task_id)
    assert (data["status"], data["progress"], data["data"]["status"]) == (
        "IN_PROGRESS",
        "30%",
        "expired",
    )
    assert get_flat(api, task_id)["status"] == "in_progress"


def test_asset_check_fails(server: Server, api: httpx.Client) -> None:
    group = api.post("/asset/groups", json={"Name": "faces"}).json()["Id"]
    server.script.add(Fault("createAsset", fail_reason="FaceMismatch"))
    body = {"GroupId": group, "URL": "https://media.example.com/a.png", "AssetType": "Image"}
    asset = api.post("/asset/files", json=body).json()["Id"]
    assert api.get(f"/asset/files/{asset}").json()["Status"] == "Processing"
    server.clock.advance(1)
    failed = api.get(f"/asset/files/{asset}").json()
    assert (failed["Status"], failed["Error"]["Code"]) == ("Failed", "FaceMismatch")


def test_expired_url_stays_expired(server: Server, api: httpx.Client, web: httpx.Client) -> None:
    url = finish_task(server, api)
    server.script.add(Fault("content", expired_url=True))
    responses = [web.get(url) for _ in range(2)]
    assert [response.status_code for response in responses] == [403, 403]
    assert responses[0].headers["content-type"] == "application/xml"
    assert "<Code>AccessDenied</Code>" in responses[0].text


@emulator_settings([{"on": "getFile", "expired_url": True}], fresh_urls=True)
def test_lookup_returns_another_url_with_fresh_urls(
    server: Server, api: httpx.Client, web: httpx.Client
) -> None:
    task_id = submit(api)
    server.clock.advance(100)
    first = get_wrapped(api, task_id)["result_url"]
    assert web.get(first).status_code == 403
    second = get_wrapped(api, task_id)["result_url"]
    assert second != first
    assert web.get(second).status_code == 200


def test_content_operation_with_an_expired_url(server: Server, api: httpx.Client) -> None:
    task_id = submit(api)
    server.clock.advance(100)
    server.script.add(Fault("getVideoContent", expired_url=True))
    response = api.get(f"/videos/{task_id}/content")
    assert (response.status_code, response.json()["error"]["type"]) == (502, "upstream_error")
    assert api.get(f"/videos/{task_id}/content").status_code == 200


def test_client_that_disconnects_while_sending_its_request(
    server: Server, api: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with client(server) as leaving, pytest.raises(ValueError, match="the client's own"):
        leaving.post("/videos", content=_interrupted_body())
    submit(api)
    assert caplog.records == []


def _interrupted_body() -> Iterator[bytes]:
    yield b"{"
    raise ValueError("the client's own")


def test_file_host_rejects_the_api_key(
    server: Server, api: httpx.Client, web: httpx.Client
) -> None:
    response = web.get(finish_task(server, api), headers={"Authorization": f"Bearer {KEY}"})
    assert response.status_code == 400
