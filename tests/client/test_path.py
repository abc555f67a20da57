"""The whole path once: check, submit, wait, download, go on elsewhere."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.client.support import KLING, SEEDANCE, Orca, orca

from orcarouter import errors
from orcarouter.testing import Emulator, Fault, VirtualClock


def test_a_video_reaches_the_disk(
    client: Orca, server: Emulator[VirtualClock], tmp_path: Path
) -> None:
    task = client.create(KLING)
    snapshot = task.wait()
    told: list[tuple[int, int | None]] = []
    done = task.download(tmp_path / "out.mp4", progress=lambda *both: told.append(both))

    content = (tmp_path / "out.mp4").read_bytes()
    assert content[4:8] == b"ftyp"
    assert (done.size, done.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert told[-1] == (len(content), len(content))
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


def test_the_key_goes_to_the_service_and_nowhere_else(
    client: Orca, server: Emulator[VirtualClock], tmp_path: Path
) -> None:
    client.create(KLING).download(tmp_path / "out.mp4")
    for request in server.requests:
        assert ("authorization" in request.headers) == (request.operation != "getFile")


def test_a_violation_is_refused_before_anything_is_sent(
    client: Orca, server: Emulator[VirtualClock]
) -> None:
    request = {**KLING, "metadata": {"mode": "4k", "duration": "7", "aspect_ratio": "16:9"}}
    with pytest.raises(errors.RequestInvalid) as caught:
        client.create(request)
    found = {each.path: each.suggestion for each in caught.value.findings if each.level == "error"}
    assert found == {"metadata.mode": "pro", "metadata.duration": "5"}
    assert '"pro"' in str(caught.value)
    assert '"5"' in str(caught.value)
    assert server.requests == []

    with pytest.raises(errors.Refused) as refused:
        client.create(request, check="off")
    assert refused.value.status == 400
    assert len(server.requests_to("submit")) == 1


def test_fields_replace_those_of_the_request(client: Orca, server: Emulator[VirtualClock]) -> None:
    client.create(KLING, prompt="Another")
    assert server.requests_to("submit")[0].json() == {**KLING, "prompt": "Another"}


def test_another_process_goes_on_with_the_id_or_the_token(client: Orca, tmp_path: Path) -> None:
    task = client.create(SEEDANCE)
    by_token = client.task(task.handle.resume_token())
    assert (by_token.id, by_token.handle.model) == (task.id, SEEDANCE["model"])
    assert by_token.wait().video_url
    done = client.task(task.id).download(tmp_path / "frame.png", kind="last_frame")
    assert done.path.read_bytes().startswith(b"\x89PNG")


def test_the_other_http_library_does_as_well(
    server: Emulator[VirtualClock], driver: str, tmp_path: Path
) -> None:
    http = httpx2.Client(verify=False) if driver == "sync" else httpx2.AsyncClient(verify=False)
    with orca(driver, server, http_client=http) as client:
        server.script.add(Fault("lookup", disconnect=True, times=3))
        client.create(KLING).download(tmp_path / "out.mp4")
        server.script.add(Fault("submit", disconnect=True, when="after"))
        with pytest.raises(errors.SubmissionUnknown):
            client.create(KLING)
    assert len(server.tasks) == 2


def test_the_catalogue(client: Orca) -> None:
    names = [model.id for model in client.models()]
    assert "kling/kling-v3-omni" in names
    assert client.model("kling/kling-v3-omni").owned_by == "kling"
    with pytest.raises(errors.ModelNotFound):
        client.model("kling/kling-v9")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 401}, errors.KeyRefused),
        ({"status": 503, "malformed_body": "html"}, errors.Unreachable),
        ({"malformed_body": "html"}, errors.Unreachable),
        ({"change": {"data": "none"}}, errors.Unreachable),
        ({"stall": True}, errors.Unreachable),
        ({"disconnect": True, "times": 2}, errors.Unreachable),
    ],
)
def test_a_catalogue_that_does_not_come(
    server: Emulator[VirtualClock], driver: str, fault: dict[str, Any], kind: type[Exception]
) -> None:
    server.script.add(Fault("models", **fault))
    seconds = 0.3 if "stall" in fault else 20.0
    with orca(driver, server, timeout=seconds) as client, pytest.raises(kind):
        client.models()
    assert len(server.requests_to("submit")) == 0
