"""The workflow as a whole: validate, submit, wait, download, resume."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.client.support import KLING, SEEDANCE, AnyClient, open_client

from orcarouter import errors
from orcarouter.testing import Emulator, Fault, VirtualClock


def test_create_wait_download(
    client: AnyClient, server: Emulator[VirtualClock], tmp_path: Path
) -> None:
    task = client.create(KLING)
    snapshot = task.wait()
    progress: list[tuple[int, int | None]] = []
    file = task.download(tmp_path / "out.mp4", on_progress=lambda *args: progress.append(args))

    content = (tmp_path / "out.mp4").read_bytes()
    assert content[4:8] == b"ftyp"
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert progress[-1] == (len(content), len(content))
    assert (snapshot.state, snapshot.task_id, snapshot.model) == (
        "succeeded",
        task.id,
        KLING["model"],
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4"]
    assert len(server.tasks) == len(server.requests_to("submit")) == 1
    assert server.requests_to("submit")[0].json() == KLING
    assert server.requests_to("submit")[0].operation == "submitVideoTask"
    assert {each.operation for each in server.requests_to("lookup")} == {"getVideoTask"}


def test_the_key_is_sent_to_the_api_only(
    client: AnyClient, server: Emulator[VirtualClock], tmp_path: Path
) -> None:
    client.create(KLING).download(tmp_path / "out.mp4")
    for request in server.requests:
        assert ("authorization" in request.headers) == (request.operation != "getFile")


def test_a_violation_is_reported_before_anything_is_sent(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    request = {**KLING, "metadata": {"mode": "4k", "duration": "7", "aspect_ratio": "16:9"}}
    with pytest.raises(errors.InvalidRequestError) as caught:
        client.create(request)
    suggestions = {
        each.path: each.suggestion for each in caught.value.violations if each.level == "error"
    }
    assert suggestions == {"metadata.mode": "pro", "metadata.duration": "5"}
    assert '"pro"' in str(caught.value)
    assert '"5"' in str(caught.value)
    assert server.requests == []

    with pytest.raises(errors.RequestRejectedError) as rejected:
        client.create(request, check="off")
    assert rejected.value.status_code == 400
    assert len(server.requests_to("submit")) == 1


def test_fields_replace_those_of_the_request(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    client.create(KLING, prompt="Another")
    assert server.requests_to("submit")[0].json() == {**KLING, "prompt": "Another"}


def test_another_process_resumes_by_id_or_token(client: AnyClient, tmp_path: Path) -> None:
    task = client.create(SEEDANCE)
    by_token = client.task(task.handle.resume_token())
    assert (by_token.id, by_token.handle.model) == (task.id, SEEDANCE["model"])
    assert by_token.wait().video_url
    file = client.task(task.id).download(tmp_path / "frame.png", file="last_frame")
    assert file.path.read_bytes().startswith(b"\x89PNG")


def test_httpx2_client(server: Emulator[VirtualClock], client_kind: str, tmp_path: Path) -> None:
    http = (
        httpx2.Client(verify=False) if client_kind == "sync" else httpx2.AsyncClient(verify=False)
    )
    with open_client(client_kind, server, http_client=http) as client:
        server.script.add(Fault("lookup", disconnect=True, times=3))
        client.create(KLING).download(tmp_path / "out.mp4")
        server.script.add(Fault("submit", disconnect=True, when="after"))
        with pytest.raises(errors.AmbiguousSubmissionError):
            client.create(KLING)
    assert len(server.tasks) == 2


def test_list_and_get_models(client: AnyClient) -> None:
    names = [model.id for model in client.models()]
    assert "kling/kling-v3-omni" in names
    assert client.model("kling/kling-v3-omni").owned_by == "kling"
    with pytest.raises(errors.ModelNotFoundError):
        client.model("kling/kling-v9")


@pytest.mark.parametrize(
    ("fault", "error_class"),
    [
        ({"status": 401}, errors.AuthenticationError),
        ({"status": 503, "malformed_body": "html"}, errors.APIConnectionError),
        ({"malformed_body": "html"}, errors.APIConnectionError),
        ({"change": {"data": "none"}}, errors.APIConnectionError),
        ({"stall": True}, errors.APIConnectionError),
        ({"disconnect": True, "times": 2}, errors.APIConnectionError),
    ],
)
def test_models_cannot_be_listed(
    server: Emulator[VirtualClock],
    client_kind: str,
    fault: dict[str, Any],
    error_class: type[Exception],
) -> None:
    server.script.add(Fault("models", **fault))
    seconds = 0.3 if "stall" in fault else 20.0
    with open_client(client_kind, server, timeout=seconds) as client, pytest.raises(error_class):
        client.models()
    assert len(server.requests_to("submit")) == 0
