"""Rejected requests: status, error format and message."""

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.testing.support import KEY, KLING, SEEDANCE, client, emulator_settings, submit

from orcarouter.testing import Emulator, VirtualClock
from orcarouter.testing.document import load_document

pytestmark = emulator_settings()

Server = Emulator[VirtualClock]


def kling(**metadata: Any) -> dict[str, Any]:
    return {"model": "kling/kling-v3", "prompt": "A kite", "metadata": metadata}


def seedance(*content: Mapping[str, Any]) -> dict[str, Any]:
    return {**SEEDANCE, "metadata": {"content": list(content)}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"model": "kling/kling-v3"}, "prompt is required"),
        ({"model": "kling/kling-v3", "prompt": " \n"}, "prompt is required"),
        ({"model": "kling/kling-v3", "prompt": 5}, "prompt: 5 is not of type 'string'"),
        ({"model": 5, "prompt": "A kite"}, "model: 5 is not of type 'string'"),
        (kling(duration=5), "metadata.duration: 5 is not of type 'string'"),
        (kling(mode="8k"), "metadata.mode: '8k' is not one of ['std', 'pro', '4k']"),
        (kling(cfg_scale=1.5), "metadata.cfg_scale: 1.5 is greater than the maximum of 1"),
        (kling(image_list=[{}]), "metadata.image_list.0: 'image_url' is a required property"),
        (
            {**KLING, "metadata": []},
            "metadata: [] is not of type 'object'",
        ),
        (
            seedance({"type": "image_url", "image_url": {"url": ""}}),
            "metadata.content.0.image_url.url: '' should be non-empty",
        ),
        (
            seedance({"type": "image"}),
            "metadata.content.0: type is 'image', must be one of text, image_url, video_url, audio_url",
        ),
        (
            seedance({"type": ["text"]}),
            "metadata.content.0: type is ['text'], must be one of text, image_url, video_url, audio_url",
        ),
        (
            seedance({}),
            "metadata.content.0: type is None, must be one of text, image_url, video_url, audio_url",
        ),
        (
            {"model": "minimax/minimax-h3", "prompt": "A bud", "duration": "6"},
            "duration: '6' is not of type 'integer'",
        ),
        ([KLING], "is not of type 'object'"),
    ],
)
def test_invalid_body_is_rejected_with_its_location(
    server: Server, api: httpx.Client, body: object, message: str
) -> None:
    response = api.post("/video/generations", json=body)
    assert response.status_code == 400
    error = response.json()
    assert (error["code"], error["data"]) == ("invalid_request", None)
    assert error["message"].endswith(message)
    assert len(server.tasks) == 0


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"a=1"])
def test_body_that_is_not_json(api: httpx.Client, body: bytes) -> None:
    response = api.post("/videos", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["message"]) == (400, "the body is not JSON")


def test_json_with_another_content_type(api: httpx.Client) -> None:
    response = api.post(
        "/videos", content=json.dumps(KLING), headers={"Content-Type": "text/plain"}
    )
    assert response.status_code == 400
    assert "text/plain" in response.json()["message"]
    submit_as = {"Content-Type": "application/json; charset=utf-8"}
    assert api.post("/videos", content=json.dumps(KLING), headers=submit_as).status_code == 200


def test_missing_body(api: httpx.Client) -> None:
    response = api.post("/videos", headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["message"] == "Missing required request body"


def test_long_value_is_shortened_in_the_message(api: httpx.Client) -> None:
    response = api.post("/videos", json=kling(mode="data:image/png;base64," + "A" * 100_000))
    message = response.json()["message"]
    assert message.startswith("metadata.mode: 'data:image/png")
    assert message.endswith("is not one of ['std', 'pro', '4k']")
    assert len(message) < 400


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/asset/groups?page_size=ten", "query parameter page_size: "),
        ("/asset/groups?page_size=0", "query parameter page_size: 0 is less than the minimum of 1"),
        ("/asset/groups?group_type=any", "query parameter group_type: 'any' is not one of "),
        ("/models/", "path parameter model_id: '' should be non-empty"),
    ],
)
def test_invalid_parameters(api: httpx.Client, path: str, message: str) -> None:
    response = api.get(path)
    assert response.status_code == 400
    assert response.json()["message"].startswith(message)


@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer sk-orca-", "Bearer sk-other", f"Basic {KEY}", KEY]
)
def test_missing_or_invalid_key(
    server: Server, authorization: str | None, web: httpx.Client
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = web.post(server.base_url + "/videos", json={}, headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "orcarouter_api_error"
    assert len(server.tasks) == 0


def test_models_need_no_key_but_reject_an_invalid_one(server: Server, web: httpx.Client) -> None:
    url = server.base_url + "/models"
    assert web.get(url).status_code == 200
    assert web.get(url, headers={"Authorization": "Bearer sk-other"}).status_code == 401


@emulator_settings(keys=["sk-orca-known"])
def test_keys_setting(server: Server, api: httpx.Client) -> None:
    assert api.get("/videos/task_1").status_code == 401
    valid = {"Authorization": "bearer sk-orca-known"}
    assert api.get("/videos/task_1", headers=valid).status_code == 404


def test_missing_and_unknown_model_use_the_openai_format(api: httpx.Client) -> None:
    response = api.post("/videos", json={"prompt": "A kite"})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "model"
    response = api.post("/videos", json={"model": "kling/kling-v0", "prompt": "A kite"})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("form", ["/video/generations", "/videos"])
def test_unknown_task(api: httpx.Client, form: str) -> None:
    response = api.get(f"{form}/task_unknown")
    assert response.status_code == 404
    assert response.json() == {"code": "task_not_exist", "message": "task not found", "data": None}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("DELETE", "/models"), ("TRACE", "/videos"), ("ODD", "/"), ("GET", "")],
)
def test_unknown_url_or_method(api: httpx.Client, method: str, path: str) -> None:
    response = api.request(method, path)
    assert response.status_code == 404
    assert response.json()["error"]["type"] == "invalid_request_error"


@emulator_settings(body_limit=1000)
def test_body_limit(server: Server, api: httpx.Client) -> None:
    response = api.post("/videos", json=kling(image_tail="A" * 1000))
    assert response.status_code == 413
    assert response.json()["code"] == "read_request_body_failed"


@emulator_settings(credit=1)
def test_credit_setting(server: Server, api: httpx.Client) -> None:
    submit(api)
    response = api.post("/videos", json=KLING)
    assert response.status_code == 402
    assert response.json()["error"]["code"] == "insufficient_user_quota"
    assert len(server.tasks) == 1


@pytest.mark.parametrize("error_format", ["openai", "task"])
def test_error_format_setting(error_format: Any) -> None:
    with Emulator(error_format=error_format, check=False) as server, client(server) as api:
        responses = [
            api.get("/videos/task_unknown"),
            api.get("/nowhere"),
            api.post("/videos", json={}),
            api.post("/videos", json=kling(mode="8k")),
        ]
    keys = {"openai": {"error"}, "task": {"code", "message", "data"}}[error_format]
    assert all(response.json().keys() == keys for response in responses)


def _check(body: Mapping[str, Any]) -> list[SimpleNamespace]:
    class Text(SimpleNamespace):
        def __str__(self) -> str:
            return f"{self.level} about {body['model']}"

    return [Text(level="warning"), Text(level="error"), Text(level="note")]


@pytest.mark.parametrize(
    ("body", "code"), [(KLING, "task_failed"), (SEEDANCE, "fail_to_fetch_task")]
)
def test_errors_of_the_check_reject_a_submission(
    body: Mapping[str, Any], code: str, web: httpx.Client
) -> None:
    with Emulator(check=_check) as server, client(server) as api:
        response = api.post("/videos", json=body)
    assert response.status_code == 400
    message = f"error about {body['model']}"
    assert response.json() == {"code": code, "message": message, "data": None}
    assert len(server.tasks) == 0


def test_check_is_the_capability_table_by_default() -> None:
    body = {**KLING, "model": "kling/kling-v2-6", "metadata": {"mode": "4k", "duration": "7"}}
    with Emulator() as server, client(server) as api:
        response = api.post("/videos", json=body)
    assert (response.status_code, response.json()["code"]) == (400, "task_failed")
    both = response.json()["message"].split("; ")
    assert any(part.startswith('metadata.mode: "4k" ') for part in both)
    assert any(part.startswith('metadata.duration: "7" ') for part in both)


def test_openapi_examples_pass_the_capability_check() -> None:
    bodies = load_document().content["components"]["requestBodies"]["VideoRequest"]
    examples = bodies["content"]["application/json"]["examples"]
    with Emulator() as server, client(server) as api:
        responses = {name: api.post("/videos", json=e["value"]) for name, e in examples.items()}
    assert {name: a.text for name, a in responses.items() if a.status_code != 200} == {}
    assert len(server.tasks) == len(examples) > 0


def test_lone_surrogate_becomes_a_question_mark(server: Server, api: httpx.Client) -> None:
    body = b'{"model": "kling/kling-v3", "prompt": "\\ud800 kite"}'
    response = api.post("/videos", content=body, headers={"Content-Type": "application/json"})
    task = api.get(f"/video/generations/{response.json()['id']}").json()
    assert task["data"]["properties"]["input"] == "? kite"
