"""Request files: YAML and JSON, valid and invalid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

from orcarouter.cli.request_file import read_request
from orcarouter.testing import Emulator, RealClock

BILLION_LAUGHS = "\n".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" if n else "l0: &l0 [x]" for n in range(12)
)


def read(tmp_path: Path, text: str | bytes, name: str = "request.yaml") -> dict[str, Any]:
    file = tmp_path / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_request(str(file))


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("16:9", "16:9"),  # 969 to YAML 1.1
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("2026-01-01", "2026-01-01"),
        ("4k", "4k"),
        ("010", "010"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("'5'", "5"),
        ("5", 5),
        ("-1", -1),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("[{a: no}]", [{"a": "no"}]),
    ],
)
def test_yaml_1_2_scalars(tmp_path: Path, scalar: str, value: Any) -> None:
    request = read(tmp_path, f"key: {scalar}\n")
    assert request == {"key": value}
    assert type(request["key"]) is type(value)


def test_anchors_and_merged_keys(tmp_path: Path) -> None:
    text = "base: &base {mode: pro}\nmetadata: {<<: *base, duration: '5'}\n"
    assert read(tmp_path, text)["metadata"] == {"mode": "pro", "duration": "5"}


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert read(tmp_path, '{"a": 1}'.encode("utf-8-sig"), "request.json") == {"a": 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("truncated.json", '{"model": ', "not JSON"),
        ("truncated.yaml", "{a: [", "neither JSON nor YAML"),
        ("list.json", "[]", "an object"),
        ("empty.yaml", "", "an object"),
        ("binary.json", bytes(range(256)), "UTF-8"),
        ("wide.json", '{"model": "x"}'.encode("utf-16"), "UTF-8"),
        ("zero.yaml", "a: \0", "neither JSON nor YAML"),
        (
            "date.yaml",
            "metadata: {x: !!timestamp 2026-01-01}",
            "metadata.x: JSON has no type date",
        ),
        ("bytes.yaml", "metadata: {x: !!binary aGk=}", "metadata.x: JSON has no type bytes"),
        ("set.yaml", "metadata: !!set {a, b}", "metadata: JSON has no type set"),
        ("object.yaml", "a: !!python/object/apply:os.getcwd []", "neither JSON nor YAML"),
        ("key.yaml", "metadata: {3: x}", "the key 3 must be a string"),
        ("nan.json", '{"metadata": {"x": NaN}}', "metadata.x: JSON has no number nan"),
        ("huge.json", '{"x": 1e999}', "x: JSON has no number inf"),
        ("digits.json", '{"x": ' + "9" * 6000 + "}", "not JSON"),
        ("digits.yaml", "x: " + "9" * 6000, "neither JSON nor YAML"),
        ("half.json", '{"prompt": "\\ud83d"}', "prompt: '\\ud83d' is not Unicode"),
        ("deep.json", '{"x": ' + "[" * 10**5 + "]" * 10**5 + "}", "nested too deeply"),
        ("deeper.json", '{"x": ' + "[" * 60 + "]" * 60 + "}", "nested too deeply"),
        ("deep.yaml", "x: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("circle.yaml", "x: &x [*x]", "nested too deeply"),
        ("billion_laughs.yaml", BILLION_LAUGHS, "nested too deeply"),
    ],
)
def test_invalid_request_files(
    run: Run, server: Emulator[RealClock], name: str, content: str | bytes, message: str
) -> None:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    for command in (
        ["check", name],
        ["video", "create", "--request", name, "--no-check"],
        ["video", "create", "--request", name, "--dry-run"],
    ):
        done = run(*command, server=server)
        assert done.code == 2
        assert message in done.error_line
        assert done.error_line.startswith(f"orcarouter: {name}: ")
        assert len(done.error_line) < 400
    assert server.requests == []


@pytest.mark.parametrize("value", ["NaN", "1e999", '"\\udcff"', "[" * 99 + "]" * 99])
def test_option_values_that_json_cannot_encode(
    run: Run, server: Emulator[RealClock], value: str
) -> None:
    request = ("--model", "kling/kling-v3", "--prompt", "A kite", "--set", f"metadata.x={value}")
    for option in ("--no-check", "--dry-run"):
        done = run("video", "create", *request, option, server=server)
        assert done.code == 2
        assert "metadata.x" in done.error_line
    assert server.requests == []


def test_a_prompt_with_a_lone_surrogate(run: Run, server: Emulator[RealClock]) -> None:
    done = run("video", "create", "--model", "kling/kling-v3", "--prompt", "\udcff", server=server)
    assert (done.code, server.requests) == (2, [])
    assert "prompt: '\\udcff' is not Unicode text" in done.error_line
