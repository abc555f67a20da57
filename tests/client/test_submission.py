"""Submissions: each call creates at most one task."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.client.support import KEY, KLING, AnyClient, ClientClock, open_client

from orcarouter import (
    AsyncOrcaRouter,
    ClientOptions,
    OrcaRouter,
    RetryPolicy,
    WaitOptions,
    errors,
)
from orcarouter._media import encode_data_uri
from orcarouter.testing import Emulator, Fault, VirtualClock
from orcarouter_api.models import KlingMetadata, KlingVideoRequest

PNG = b"\x89PNG\r\n\x1a\n and so on"


def test_ambiguous_submission_error_has_details(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    server.script.add(Fault("submit", status=502, when="after"))
    with pytest.raises(errors.AmbiguousSubmissionError) as caught:
        client.create(KLING)
    error = caught.value
    (sent,) = server.requests_to("submit")
    assert error.digest == hashlib.sha256(sent.body).hexdigest()
    assert (error.status_code, error.request_id) == (502, sent.request_id)
    assert error.submitted_at == sent.at
    assert "2027-01-15 08:00:00 UTC" in str(error)


def test_retry_policy_can_be_set(
    server: Emulator[VirtualClock], client_kind: str, clock: ClientClock
) -> None:
    server.script.add(Fault("submit", status=429, retry_after=10, times=None))
    with (
        open_client(
            client_kind, server, clock, retry_policy=RetryPolicy(rate_limit_timeout=35)
        ) as client,
        pytest.raises(errors.RateLimitError) as caught,
    ):
        client.create(KLING)
    assert caught.value.retry_after == 10
    assert clock.sleeps == [10, 10, 10]
    assert len(server.tasks) == 0


def test_request_models_and_mappings_are_equivalent(
    client: AnyClient, server: Emulator[VirtualClock]
) -> None:
    metadata = KlingMetadata(mode="pro", aspect_ratio="16:9", duration="5")
    request: Any = KlingVideoRequest(
        model=KLING["model"], prompt=KLING["prompt"], metadata=metadata
    )
    client.create(request)
    client.create({**KLING, "metadata": metadata})
    client.create(None, **KLING)
    assert [each.json() for each in server.requests_to("submit")] == [KLING] * 3


def test_check_modes(
    client: AnyClient, server: Emulator[VirtualClock], caplog: pytest.LogCaptureFixture
) -> None:
    invalid = {**KLING, "metadata": {**KLING["metadata"], "duration": "7"}}
    with pytest.raises(errors.InvalidRequestError):
        client.create(invalid)
    assert server.requests == []
    for mode, is_logged in (("off", False), ("warn", True)):
        caplog.clear()
        with (
            caplog.at_level(logging.WARNING, "orcarouter"),
            pytest.raises(errors.RequestRejectedError),
        ):
            client.create(invalid, check=mode)
        assert ("metadata.duration" in caplog.text) is is_logged
    assert len(server.requests_to("submit")) == 2
    with pytest.raises(ValueError, match="strict, warn or off"):
        client.create(KLING, check="maybe")


def test_warnings_do_not_stop_a_request(
    client: AnyClient, server: Emulator[VirtualClock], caplog: pytest.LogCaptureFixture
) -> None:
    request = {**KLING, "model": "kling/kling-v3-omni", "image": "https://h/a.png"}
    with caplog.at_level(logging.WARNING, "orcarouter"):
        client.create(request)
    assert "image_list" in caplog.text


@pytest.mark.parametrize("check", ["strict", "warn", "off"])
@pytest.mark.parametrize(
    "name",
    [*sorted(ClientOptions.__annotations__), *sorted(WaitOptions.__annotations__), "api_key"],
)
def test_options_of_the_client_are_no_fields_of_a_request(
    client: AnyClient, server: Emulator[VirtualClock], name: str, check: str
) -> None:
    with pytest.raises(TypeError, match=f"{name} is an argument of"):
        client.create(KLING, check=check, **{name: 3})
    with pytest.raises(TypeError, match=name):
        client.client.videos.prepare(KLING, **{name: 3})
    assert server.requests == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"model": "kling/kling-v2-7"}, "kling/kling-v2-6"),
        ({"model": "kling-v2-6"}, "kling/kling-v2-6"),
        ({"promt": "A kite"}, "prompt"),
        ({"duration": "5"}, "metadata.duration"),
        ({"metadata": {"image": "https://h/a.png"}}, "image"),
        ({"metadata": {"durration": "5"}}, "metadata.duration"),
        (
            {"model": "byteplus/seedance-1-0-pro", "metadata": {"aspect_ratio": "1:1"}},
            "metadata.ratio",
        ),
    ],
)
def test_a_near_miss_is_an_error_that_names_the_right_place(
    client: AnyClient, server: Emulator[VirtualClock], change: dict[str, Any], place: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=f'nearest known: "{place}"'):
        client.create({**KLING, **change})
    assert server.requests == []


def test_the_digest_is_available_before_sending(
    client: AnyClient, server: Emulator[VirtualClock], tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    prepared = client.client.videos.prepare(KLING, image=tmp_path / "a.png", zoom=1)
    assert [violation.path for violation in prepared.violations] == [
        "zoom",
        "metadata.aspect_ratio",
    ]
    assert server.requests == []
    (tmp_path / "a.png").unlink()  # its content is in the body
    client.create(prepared)
    (sent,) = server.requests_to("submit")
    assert sent.json() == prepared.body
    assert prepared.digest == hashlib.sha256(sent.body).hexdigest()
    server.script.add(Fault("submit", status=502))
    with pytest.raises(errors.AmbiguousSubmissionError) as caught:
        client.create(prepared)
    assert caught.value.digest == prepared.digest
    with pytest.raises(errors.InvalidRequestError, match="not sent"):
        client.client.videos.prepare(KLING, seed=object())


# Local files


def test_files_anywhere_in_a_request_are_inlined(
    client: AnyClient, server: Emulator[VirtualClock], tmp_path: Path
) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(PNG)
    request = {
        "model": "kling/kling-v3-omni",
        "prompt": "<<<image_1>>>",
        "metadata": {
            "mode": "pro",
            "aspect_ratio": "16:9",
            "image_list": [{"image_url": file}, {"image_url": "https://h/a.png"}],
        },
    }
    client.create(request)
    first, second = server.requests_to("submit")[0].json()["metadata"]["image_list"]
    assert first["image_url"] == encode_data_uri(file)
    assert second["image_url"] == "https://h/a.png"
    assert request["metadata"]["image_list"][0]["image_url"] is file  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.png", PNG, "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0 rest", "image/jpeg"),
        ("without-suffix", PNG, "image/png"),
        ("wrong.jpg", PNG, "image/png"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        ("a.mp3", b"ID3\x03 rest", "audio/mpeg"),
        ("a.heic", b"\0\0\0\x18ftypheic rest", "image/heic"),
        ("b.heic", b"\0\0\0\x18ftypheix rest", "image/heic"),
        ("a.heif", b"\0\0\0\x18ftypmsf1 rest", "image/heif"),
    ],
)
def test_media_types_of_files(tmp_path: Path, name: str, content: bytes, media_type: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert encode_data_uri(tmp_path / name).startswith(f"data:{media_type};base64,")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.png", b"", "empty"),
        ("a.png", b"no picture", "does not match the suffix"),
        ("a.txt", b"text", "neither an image nor audio"),
        ("a.mp4", b"\0\0\0\x18ftypisom", "must be a public URL"),
        (".", None, "Is a directory"),
        ("none.png", None, "No such file"),
    ],
)
def test_unusable_files(
    client: AnyClient,
    server: Emulator[VirtualClock],
    tmp_path: Path,
    name: str,
    content: bytes | None,
    message: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(errors.InvalidRequestError, match=message):
        client.create(KLING, image=tmp_path / name)
    assert server.requests == []


def test_a_string_is_not_a_local_file(client: AnyClient, server: Emulator[VirtualClock]) -> None:
    with pytest.raises(errors.InvalidRequestError, match=r"a local file is a pathlib\.Path"):
        client.create(KLING, image="cat.png")
    assert server.requests == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\udcff", object()])
def test_values_that_json_cannot_encode_are_not_sent(
    client: AnyClient, server: Emulator[VirtualClock], value: Any
) -> None:
    with pytest.raises(errors.InvalidRequestError, match="not sent"):
        client.create(KLING, metadata={**KLING["metadata"], "x": value})
    assert server.requests == []


def test_files_that_are_too_large(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    with file.open("wb") as large:
        large.write(PNG)
        large.truncate(65 * 2**20)
    with pytest.raises(errors.InvalidRequestError, match="more than the service accepts"):
        encode_data_uri(file)


# Interruptions


class InterruptingTransport(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt


def test_an_interrupted_submission_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    http = httpx.Client(transport=InterruptingTransport())
    with (
        OrcaRouter(KEY, http_client=http, base_url="http://127.0.0.1:1/v1") as client,
        pytest.raises(KeyboardInterrupt),
    ):
        client.videos.create(KLING)
    assert "outcome is unknown" in caplog.text


def test_a_cancelled_submission_is_logged(
    server: Emulator[VirtualClock], caplog: pytest.LogCaptureFixture
) -> None:
    server.script.add(Fault("submit", stall=True, when="after"))

    async def submit() -> None:
        http = httpx.AsyncClient(verify=False)
        policy = RetryPolicy(interrupt_timeout=0.2)
        async with AsyncOrcaRouter(
            KEY, http_client=http, base_url=server.base_url, retry_policy=policy
        ) as client:
            task = asyncio.ensure_future(client.videos.create(KLING))
            while not server.tasks:  # noqa: ASYNC110  # the emulator runs in another thread
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await http.aclose()

    asyncio.run(submit())
    assert "outcome is unknown" in caplog.text
    assert len(server.requests_to("submit")) == 1


# Settings


def test_invalid_settings() -> None:
    with pytest.raises(errors.ConfigurationError, match="timeout"):
        OrcaRouter(KEY, timeout=0)
    with pytest.raises(TypeError, match="unknown keyword argument: colour"):
        OrcaRouter(KEY, colour="red")  # type: ignore[call-arg]
    for url in ("ftp://h", "h", "https://u:p@h", "https://h/?q", "https://h:x"):
        with pytest.raises(errors.ConfigurationError, match="base URL"):
            OrcaRouter(KEY, base_url=url)
    for key in ("", " ", "a b", "ä"):
        with pytest.raises(errors.ConfigurationError):
            OrcaRouter(key)


def test_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORCAROUTER_BASE_URL", raising=False)
    with OrcaRouter(KEY, http_client=httpx.Client(verify=False)) as client:
        assert client.base_url == "https://api.orcarouter.ai/v1"
        assert repr(client) == "<OrcaRouter https://api.orcarouter.ai/v1>"
        assert client.check(KLING).ok
    monkeypatch.setenv("ORCAROUTER_BASE_URL", "http://127.0.0.1:9/v1/")
    with OrcaRouter(KEY, http_client=httpx.Client(verify=False)) as client:
        assert client.base_url == "http://127.0.0.1:9/v1"
