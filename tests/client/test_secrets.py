"""Neither the key nor the signed part of a URL is in any log, repr, exception or pickle."""

from __future__ import annotations

import contextlib
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.client.support import KEY, KLING, SEEDANCE, Orca, orca

from orcarouter import Event, OrcaRouter, OrcaRouterError, errors
from orcarouter.credentials import find_key
from orcarouter.redaction import brief, redacted, scrubbed
from orcarouter.testing import Emulator, Fault, VirtualClock

SIGNED = "https://files.example.net/out/a.mp4?Signature=the-signature&Expires=9"
SECRETS = (KEY, "the-signature", "Signature=", "Expires=", "Nonce=")


class Said:
    """All that could be seen."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, *things: Any) -> None:
        for thing in things:
            self.texts += [repr(thing), str(thing)]
            if isinstance(thing, BaseException):
                self.texts += traceback.format_exception(thing)
            with contextlib.suppress(TypeError):  # what says that it cannot be pickled
                self.texts.append(pickle.dumps(thing, 0).decode("latin-1"))

    def leaks(self) -> list[tuple[str, str]]:
        return [(secret, text) for text in self.texts for secret in SECRETS if secret in text]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[Said]:
    caplog.set_level(logging.DEBUG)
    said = Said()
    yield said
    # The request lines of the HTTP library are among them: the logs are whole.
    lines = [logging.Formatter().format(record) for record in caplog.get_records("call")]
    assert any("HTTP Request: GET" in line for line in lines)
    said.texts += lines
    assert said.leaks() == []


@contextlib.contextmanager
def caught(said: Said) -> Iterator[None]:
    with pytest.raises(OrcaRouterError) as raised:
        yield
    said.add(raised.value)


def test_a_good_path(
    client: Orca, server: Emulator[VirtualClock], said: Said, tmp_path: Path
) -> None:
    events: list[Event] = []
    marked = {**KLING, "metadata": {**KLING["metadata"], "watermark_info": {"enabled": True}}}
    for number, request in enumerate((marked, SEEDANCE)):
        task = client.create(request)
        snapshot = task.wait(on_event=events.append)
        done = task.download(tmp_path / f"{number}.mp4")
        assert "Signature=" in str(snapshot.video_url)
        said.add(snapshot, done, task.handle, *events, *task.handle.timeline)
        said.add(snapshot.redacted(), task.handle.resume_token(), client.client)
    assert client.models()


def test_failures(client: Orca, server: Emulator[VirtualClock], said: Said, tmp_path: Path) -> None:
    talk = f"see {SIGNED} with {KEY} and Bearer {KEY}"
    script = server.script
    for fault in (
        Fault("submit", status=400, message=talk),
        Fault("submit", status=500, message=talk, code=SIGNED),
        Fault("submit", body=f"<html>{talk}</html>"),
        Fault("submit", status=429, message=talk, retry_after=7200),
    ):
        script.add(fault)
        with caught(said):
            client.create(KLING)
    script.add(Fault("submit", fail_reason=talk))
    with caught(said):
        client.create(KLING).wait()
    task = client.create(KLING)
    for fault in (
        Fault("lookup", status=401, message=talk),
        Fault("lookup", status=503, message=talk, times=99),
        Fault("lookup", change={"data.status": talk}, times=99),
    ):
        script.add(fault)
        with caught(said):
            task.wait(60)
    script.add(Fault("lookup", status=502, message=talk, times=99))
    with caught(said):
        task.look()


def test_downloads_that_fail(
    client: Orca, server: Emulator[VirtualClock], said: Said, tmp_path: Path
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
        with caught(said):
            task.download(tmp_path / "out.mp4")


def test_requests_that_are_not_sent(client: Orca, said: Said) -> None:
    client.models()
    with caught(said):
        client.create(
            {**KLING, "image": SIGNED, "metadata": {"mode": SIGNED, "image_tail": SIGNED}}
        )


def test_what_says_where_a_key_came_from_does_not_say_the_key(tmp_path: Path) -> None:
    for bad in (f"{KEY} x", f"{KEY}\n{KEY}", f"{KEY}é"):
        with pytest.raises(errors.ConfigurationError) as raised:
            find_key(bad)
        assert KEY not in str(raised.value)


def test_clients_and_tasks_are_not_pickled() -> None:
    with OrcaRouter(KEY, base_url="http://127.0.0.1:1/v1") as client:
        for thing in (client, client.resume("task_1")):
            with pytest.raises(TypeError):
                pickle.dumps(thing)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer abc.def-9", "Bearer …"),
        ("key sk-orca-abc123.", "key sk-orca-…"),
        ("at https://h/p?a=b&c=d, and", "at https://h/p?… and"),
        ("https://user:word@h/p", "https://…@h/p"),
        ("https://h/p#frag", "https://h/p?…"),
        (r"https://h/p\u003fa=b", "https://h/p?…"),
        ("data:image/png;base64,AAAA rest", "data:image/png;base64,… rest"),
        ("https://h/p without", "https://h/p without"),
        ("nothing here", "nothing here"),
    ],
)
def test_redaction(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_texts_of_others_become_one_line() -> None:
    assert brief("a\n\tb\x1b[31m c\u2028d") == "a b [31m c d"
    assert len(brief("x" * 1000)) == 300
    assert scrubbed({"a": [SIGNED, 1, None], "b": {"c": KEY}}) == {
        "a": ["https://files.example.net/out/a.mp4?…", 1, None],
        "b": {"c": "sk-orca-…"},
    }


def test_the_logs_of_a_wait_are_a_line_a_change(
    server: Emulator[VirtualClock], driver: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "orcarouter")
    with orca(driver, server) as client:
        server.script.add(Fault("submit", duration=30))
        task = client.create(KLING)
        task.wait(interval=2)
    lines = [r.getMessage() for r in caplog.records if r.name == "orcarouter"]
    mine = [line.removeprefix(f"task {task.id}: ") for line in lines if task.id in line]
    assert mine == [
        f"submitted to {KLING['model']}",
        "queued",
        "IN_PROGRESS (was queued)",
        "SUCCESS (was IN_PROGRESS)",
    ]
