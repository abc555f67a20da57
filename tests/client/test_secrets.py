"""No log, repr or exception contains the API key or the signed part of a URL."""

from __future__ import annotations

import contextlib
import copy
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.client.support import KEY, KLING, SEEDANCE, AnyClient, open_client

from orcarouter import Event, OrcaRouter, OrcaRouterError, errors
from orcarouter._credentials import resolve_api_key
from orcarouter._redaction import one_line, redact, redact_json
from orcarouter.testing import Emulator, Fault, VirtualClock

SIGNED = "https://files.example.net/out/a.mp4?Signature=the-signature&Expires=9"
SECRETS = (KEY, "the-signature", "Signature=", "Expires=", "Nonce=")


class CapturedText:
    """Collects all text in which a secret could appear."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, *things: Any) -> None:
        for thing in things:
            self.texts += [repr(thing), str(thing)]
            if isinstance(thing, BaseException):
                self.texts += traceback.format_exception(thing)
            # Some programs pickle the errors that led to one with it.
            while isinstance(thing, BaseException):
                self.texts.append(pickle.dumps(thing, 0).decode("latin-1"))
                thing = thing.__cause__ or thing.__context__

    def leaks(self) -> list[tuple[str, str]]:
        return [(secret, text) for text in self.texts for secret in SECRETS if secret in text]


@pytest.fixture
def captured(caplog: pytest.LogCaptureFixture) -> Iterator[CapturedText]:
    caplog.set_level(logging.DEBUG)
    captured = CapturedText()
    yield captured
    # The log is complete: it has the lines of the HTTP library.
    lines = [logging.Formatter().format(record) for record in caplog.get_records("call")]
    assert any("HTTP Request: GET" in line for line in lines)
    captured.texts += lines
    assert captured.leaks() == []


@contextlib.contextmanager
def raises(captured: CapturedText) -> Iterator[None]:
    with pytest.raises(OrcaRouterError) as raised:
        yield
    captured.add(raised.value)


def test_successful_tasks(
    client: AnyClient, server: Emulator[VirtualClock], captured: CapturedText, tmp_path: Path
) -> None:
    events: list[Event] = []
    watermarked = {**KLING, "metadata": {**KLING["metadata"], "watermark_info": {"enabled": True}}}
    for number, request in enumerate((watermarked, SEEDANCE)):
        task = client.create(request)
        snapshot = task.wait(on_event=events.append)
        file = task.download(tmp_path / f"{number}.mp4")
        assert "Signature=" in str(snapshot.video_url)
        captured.add(snapshot, file, task.handle, *events, *task.handle.timeline)
        captured.add(snapshot.redact(), task.handle.resume_token(), client.client)
    assert client.models()


def test_failed_requests_and_tasks(
    client: AnyClient, server: Emulator[VirtualClock], captured: CapturedText, tmp_path: Path
) -> None:
    message = f"see {SIGNED} with {KEY} and Bearer {KEY}"
    script = server.script
    for fault in (
        Fault("submit", status=400, message=message),
        Fault("submit", status=500, message=message, code=SIGNED),
        Fault("submit", body=f"<html>{message}</html>"),
        Fault("submit", status=429, message=message, retry_after=7200),
    ):
        script.add(fault)
        with raises(captured):
            client.create(KLING)
    script.add(Fault("submit", fail_reason=message))
    with raises(captured):
        client.create(KLING).wait()
    task = client.create(KLING)
    for fault in (
        Fault("lookup", status=401, message=message),
        Fault("lookup", status=503, message=message, times=99),
        Fault("lookup", change={"data.status": message}, times=99),
    ):
        script.add(fault)
        with raises(captured):
            task.wait(60)
    script.add(Fault("lookup", status=502, message=message, times=99))
    with raises(captured):
        task.refresh()


def test_failed_downloads(
    client: AnyClient, server: Emulator[VirtualClock], captured: CapturedText, tmp_path: Path
) -> None:
    task = client.create(KLING)
    task.wait()
    for steps in (
        [Fault("content", expired_url=True, times=2), Fault("content", status=404)],
        [Fault("content", truncate=10, times=1), Fault("content", status=410, times=3)],
        [Fault("content", disconnect=True, times=None)],
    ):
        for step in steps:
            server.script.add(step)
        with raises(captured):
            task.download(tmp_path / "out.mp4")


def test_invalid_requests(client: AnyClient, captured: CapturedText) -> None:
    client.models()
    with raises(captured):
        client.create(
            {**KLING, "image": SIGNED, "metadata": {"mode": SIGNED, "image_tail": SIGNED}}
        )


def test_errors_about_a_key_do_not_contain_it(tmp_path: Path) -> None:
    for bad in (f"{KEY} x", f"{KEY}\n{KEY}", f"{KEY}é"):
        with pytest.raises(errors.ConfigurationError) as raised:
            resolve_api_key(bad)
        assert KEY not in str(raised.value)


def test_clients_and_tasks_cannot_be_pickled() -> None:
    with OrcaRouter(KEY, base_url="http://127.0.0.1:1/v1") as client:
        for thing in (client, client.resume("task_1")):
            with pytest.raises(TypeError):
                pickle.dumps(thing)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bearer abc.def-9", "Bearer …"),
        ("key sk-orca-abc123.", "key sk-orca-…"),
        ("at https://h/p?a=b&c=d, and", "at https://h/p?… and"),
        ("https://user:word@h/p", "https://…@h/p"),
        ("https://user:w@rd@h/p", "https://…@h/p"),
        ("https://h/https://user:word@g/p?a", "https://h/https://…@g/p?…"),
        ("socks5://user:word@h:1080", "socks5://…@h:1080"),
        ("https://h/p#frag", "https://h/p?…"),
        (r"https://h/p\u003fa=b", "https://h/p?…"),
        ("data:image/png;base64,AAAA rest", "data:image/png;base64,… rest"),
        ("https://h/p without", "https://h/p without"),
        ("nothing here", "nothing here"),
    ],
)
def test_redaction(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "piece",
    ["http://", "https://a@", "bearer ", "bearer\t\t", "sk-orca-", "data:a/", "data:a/b;", "://@"],
)
def test_redaction_is_linear_in_the_length(piece: str) -> None:
    # Without an assertion about time: quadratic patterns need hours for this.
    redact(piece * (2_000_000 // len(piece)))


@pytest.mark.parametrize(
    "url",
    [
        "https://user:word@api.example.net/v1",
        "https://user:w@rd@api.example.net/v1",
        "https://user:w/rd@api.example.net/v1",
        "https://user:w?rd@api.example.net/v1",
        "word@api.example.net",
    ],
)
def test_the_password_of_a_base_url_appears_nowhere(url: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="base URL") as raised:
        OrcaRouter(KEY, base_url=url)
    text = "".join(traceback.format_exception(raised.value))
    assert not any(secret in text for secret in ("word@", "w@rd", "w/rd", "w?rd"))


def test_copies_and_pickles_keep_signed_urls(client: AnyClient) -> None:
    snapshot = client.create(SEEDANCE).wait()
    assert "Signature=" in str(snapshot.video_url)
    for duplicate in (
        copy.copy(snapshot),
        copy.deepcopy(snapshot),
        pickle.loads(pickle.dumps(snapshot)),
    ):
        assert duplicate == snapshot
        assert duplicate.video_url == snapshot.video_url
        assert duplicate.raw == snapshot.raw
        assert "Signature=" not in repr(duplicate)


def test_untrusted_text_becomes_one_line() -> None:
    assert one_line("a\n\tb\x1b[31m c\u2028d") == r"a b\x1b[31m c d"
    assert one_line("\x07\u202e\x9b") == r"\x07\u202e\x9b"
    assert len(one_line("x" * 1000)) == 300
    assert redact_json({"a": [SIGNED, 1, None], "b": {"c": KEY}}) == {
        "a": ["https://files.example.net/out/a.mp4?…", 1, None],
        "b": {"c": "sk-orca-…"},
    }


def test_a_wait_logs_one_line_per_status_change(
    server: Emulator[VirtualClock], client_kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "orcarouter")
    with open_client(client_kind, server) as client:
        server.script.add(Fault("submit", duration=30))
        task = client.create(KLING)
        task.wait(interval=2)
    lines = [r.getMessage() for r in caplog.records if r.name == "orcarouter"]
    messages = [line.removeprefix(f"task {task.id}: ") for line in lines if task.id in line]
    assert messages == [
        f"submitted to {KLING['model']}",
        "queued",
        "IN_PROGRESS (was queued)",
        "SUCCESS (was IN_PROGRESS)",
    ]
