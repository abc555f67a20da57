"""Scripts and settings from files and values, and the messages for invalid ones."""

import inspect
import json
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import attrs
import pytest
from click.testing import CliRunner

from orcarouter.cli.app import app
from orcarouter.testing import Emulator, Fault, ScriptError, Settings, VirtualClock, read_script
from orcarouter.testing.document import load_document
from orcarouter.testing.faults import OPERATION_GROUPS
from orcarouter.testing.settings import QUIRKS, Quirk, SettingsKwargs

STEPS = """
- {on: submit, status: 429, retry_after: 2, times: 2}
- {on: lookup, times: always, delay: 0.5}
"""
FAULTS = [
    Fault("submit", status=429, retry_after=2, times=2),
    Fault("lookup", times=None, delay=0.5),
]


@pytest.mark.parametrize(
    ("name", "text", "settings"),
    [
        ("script.yaml", STEPS, {}),
        (
            "script.yaml",
            f"queued: 5\nquirks: [never_ends]\nsteps: {STEPS}",
            {"queued": 5, "quirks": ["never_ends"]},
        ),
        (
            "script.json",
            json.dumps(
                {
                    "steps": [
                        {"on": "submit", "status": 429, "retry_after": 2, "times": 2},
                        {"on": "lookup", "times": None, "delay": 0.5},
                    ],
                    "keys": ["a"],
                }
            ),
            {"keys": ["a"]},
        ),
    ],
)
def test_script_file(tmp_path: Path, name: str, text: str, settings: Any) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert read_script(file) == read_script(str(file)) == (FAULTS, settings)


@pytest.mark.parametrize("text", ["", "[]", "steps:", "{}"])
def test_empty_script(tmp_path: Path, text: str) -> None:
    (tmp_path / "script.yaml").write_text(text)
    assert read_script(tmp_path / "script.yaml") == ([], {})


def test_keyword_settings_override_those_of_the_script() -> None:
    server = Emulator({"steps": [], "queued": 5, "running": 6}, running=7)
    server.stop()
    assert (server.settings.queued, server.settings.running) == (5, 7)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"on": "lookups"}, "on: 'lookups' is not any, submit, lookup, "),
        ({"on": ["lookup"]}, "on: ['lookup'] is not any, "),
        ({"status": 500}, "`on` is missing"),
        ({"on": "submit", "state": 1, "kind": 2}, "no such key: kind, state; there are body, "),
        ("submit", "'submit' is not a mapping"),
        ({"on": "submit", "times": 0}, "times: 0 is not an integer >= 1, or always"),
        ({"on": "submit", "times": "twice"}, "times: 'twice' is not"),
        ({"on": "submit", "skip": -1}, "skip: -1 is not an integer >= 0"),
        ({"on": "submit", "skip": True}, "skip: True is not"),
        ({"on": "submit", "when": "later"}, "when: 'later' is not one of before, after"),
        ({"on": "submit", "when": None}, "when: None is not one of"),
        ({"on": "submit", "status": 199}, "status: 199 is not a status from 200 to 599"),
        ({"on": "submit", "status": 600}, "status: 600 is not"),
        ({"on": "submit", "status": "500"}, "status: '500' is not"),
        (
            {"on": "submit", "malformed_body": "xml"},
            "malformed_body: 'xml' is not one of json, html, empty",
        ),
        (
            {"on": "submit", "error_format": "auto"},
            "error_format: 'auto' is not one of openai, task",
        ),
        ({"on": "submit", "delay": "1 s"}, "delay: '1 s' is not a number of seconds >= 0"),
        ({"on": "submit", "delay": float("inf")}, "delay: inf is not"),
        ({"on": "submit", "trickle_interval": -1}, "trickle_interval: -1 is not"),
        ({"on": "content", "trickle_bytes": 0}, "trickle_bytes: 0 is not an integer >= 1"),
        ({"on": "content", "truncate": 1.5}, "truncate: 1.5 is not"),
        ({"on": "submit", "disconnect": 1}, "disconnect: 1 is not true or false"),
        ({"on": "submit", "headers": ["a"]}, "headers: ['a'] is not a mapping"),
        ({"on": "submit", "headers": {"A": "b\nC: d"}}, "headers: {'A': 'b\\nC: d'} is not"),
        ({"on": "submit", "retry_after": "später…"}, "retry_after: 'später…' is not"),
        ({"on": "lookup", "change": ["data"]}, "change: ['data'] is not a mapping"),
        ({"on": "lookup", "remove": "data"}, "remove: 'data' is not a list"),
        ({"on": "submit", "fail_reason": 5}, "fail_reason: 5 is not a string"),
        ({"on": "submit", "disconnect": True, "stall": True}, "exclude each other"),
        ({"on": "submit", "disconnect": True, "status": 500}, "cannot be combined with status"),
        (
            {"on": "submit", "body": "", "malformed_body": "json"},
            "body and malformed_body exclude each other",
        ),
        ({"on": "submit", "status": 204, "body": "x"}, "a response with status 204 has no body"),
    ],
)
def test_invalid_step(step: Any, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        read_script([Fault("submit"), step])
    assert str(caught.value).startswith("step 2: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", b"- {on: submit", "line 1: not YAML: "),
        ("a.yaml", b"- on: [\n- :\n  x", ": line "),
        ("a.yaml", b"- on: \x00", "not a text file: "),
        ("a.yaml", b"\xff\xff\xff", "not a text file: "),
        ("a.json", b'[\n{"on": }]', "line 2: not JSON: Expecting value"),
        ("a.json", b"\xff", "not a text file: "),
        ("a.yaml", b"submit", "a script is a list of steps"),
        ("a.yaml", b"steps: 5", "a script is a list of steps"),
        ("a.yaml", b"- {on: submit, status: 1}", "step 1: status: 1 is not"),
    ],
)
def test_invalid_file_gives_one_line_with_its_name(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ScriptError) as caught:
        read_script(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"speed": 2, True: 1}, "no such setting: True, speed; there are body_limit, "),
        ({"queued": -1}, "queued: -1 is not a number of seconds >= 0"),
        ({"running": "3"}, "running: '3' is not"),
        ({"error_format": "both"}, "error_format: 'both' is not one of auto, openai, task"),
        ({"quirks": ["never_ends", "tidy"]}, "no such quirk: tidy"),
        ({"quirks": "tidy"}, "no such quirk: tidy; there are created_at_milliseconds, "),
        ({"quirks": [["never_ends"]]}, "no such quirk: ['never_ends']"),
        ({"quirks": 5}, "quirks: 5 is not a list of quirks"),
        ({"keys": "sk-orca-1"}, "keys: 'sk-orca-1' is not a list of names"),
        ({"models": [1]}, "models: [1] is not a list of names"),
        ({"credit": -1}, "credit: -1 is not"),
        ({"check": "off"}, "check: 'off' is not true, false or a function"),
        ({"video": 5}, "video: 5 is not a file name"),
        ({"url_lifetime": None}, "url_lifetime: None is not"),
        ({"fresh_urls": "yes"}, "fresh_urls: 'yes' is not true or false"),
        ({"body_limit": 0}, "body_limit: 0 is not"),
    ],
)
def test_invalid_setting(settings: Any, message: str) -> None:
    with pytest.raises(ScriptError, match=re.escape(message)):
        Emulator(settings)


def test_port_is_released_after_an_invalid_setting(tmp_path: Path) -> None:
    with Emulator() as server:
        port = int(server.base_url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match=f"port {port}: "):
            Emulator(port=port)
    with pytest.raises(FileNotFoundError):
        Emulator(port=port, video=tmp_path / "none.mp4")
    Emulator(port=port).stop()


def test_single_quirk_as_a_string() -> None:
    assert Settings(quirks="never_ends").quirks == {"never_ends"}


def test_settings_kwargs_are_the_fields_of_settings() -> None:
    fields = {field.name for field in attrs.fields(Settings)}
    assert get_type_hints(SettingsKwargs).keys() == fields


def test_groups_cover_all_operations() -> None:
    documented = {operation.id for operation in load_document().operations()}
    assert set().union(*OPERATION_GROUPS.values()) == documented | {"getFile"}


def test_every_key_and_quirk_is_explained_in_docstrings_and_in_the_help() -> None:
    printed = " ".join(CliRunner().invoke(app, ["emulator", "--help"]).output.split())
    for cls in (Fault, Settings):
        entries = re.findall(r"^    (\w+): (\S+ \S+)", inspect.getdoc(cls) or "", re.MULTILINE)
        assert [name for name, _ in entries] == [field.name for field in attrs.fields(cls)]
        for name, start in entries:
            assert f"{name} {start}" in printed
    assert set(QUIRKS) == set(get_args(Quirk))
    for name, text in QUIRKS.items():
        assert f"{name} {text}" in printed


def test_unknown_operations_of_requests_are_named(
    orcarouter_emulator: Emulator[VirtualClock],
) -> None:
    with pytest.raises(ScriptError, match=r"'submits' is not any, submit, .*, submitVideoTask"):
        orcarouter_emulator.requests_to("submits")
