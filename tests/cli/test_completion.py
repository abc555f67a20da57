"""What shells complete, through click, and in a bash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from tests.cli.conftest import Run

from orcarouter.cli.app import app
from orcarouter.cli.bash import _Bash
from orcarouter.testing import Emulator, RealClock

CREATE = ["video", "create"]


def complete(*words: str) -> list[str]:
    """Values for the last word; for names of files or folders, `<file>` or `<dir>`."""
    *args, incomplete = words
    items = ShellComplete(app, {}, "orcarouter", "_ORCAROUTER_COMPLETE").get_completions(
        args, incomplete
    )
    return [str(item.value) if item.type == "plain" else f"<{item.type}>" for item in items]


def test_commands_and_options() -> None:
    assert complete("c") == ["capabilities", "check", "completion"]
    assert complete("video", "") == ["create", "download", "list", "status", "wait"]
    assert complete(*CREATE, "--dr") == ["--dry-run"]
    assert complete("completion", "z") == ["zsh"]


def test_the_list_of_commands_has_their_help() -> None:
    context = click.Context(app, info_name="orcarouter")
    text = " ".join(app.get_help(context).split())
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert f"{name} {command.get_short_help_str(60)}" in text


def test_models() -> None:
    assert complete(*CREATE, "--model", "kling/kling-v3") == [
        "kling/kling-v3",
        "kling/kling-v3-omni",
    ]
    assert complete("capabilities", "mini") == ["minimax/minimax-h3"]


@pytest.mark.parametrize(
    ("model", "option", "expected"),
    [
        ("kling/kling-v3", "--mode", ["std", "pro", "4k"]),
        ("kling/kling-v2-6", "--mode", ["std", "pro"]),
        ("kling/kling-v2-6", "--duration", ["5", "10"]),
        ("kling/kling-v3", "--sound", ["on", "off"]),
        ("byteplus/dreamina-seedance-2-0-260128", "--sound", ["on", "off"]),
        ("byteplus/dreamina-seedance-2-0-260128", "--resolution", ["480p", "720p", "1080p"]),
        ("minimax/minimax-h3", "--duration", [str(n) for n in range(4, 16)]),
        ("minimax/minimax-h3", "--resolution", ["768P", "2K"]),
        ("minimax/minimax-h3", "--mode", []),
    ],
)
def test_values_are_those_of_the_model(model: str, option: str, expected: list[str]) -> None:
    assert complete(*CREATE, "--model", model, option, "") == expected


def test_values_without_a_model_are_those_of_any(tmp_path: Path) -> None:
    assert {"16:9", "adaptive", "21:9"} <= {*complete(*CREATE, "--aspect-ratio", "")}
    assert complete(*CREATE, "--aspect-ratio", "16") == ["16:9"]
    file = tmp_path / "request.yaml"
    file.write_text("model: kling/kling-v2-6\nprompt: A kite\n")
    assert complete(*CREATE, "--request", str(file), "--mode", "") == ["std", "pro"]


def test_settings() -> None:
    setting = [*CREATE, "--model", "kling/kling-v3", "--set"]
    assert complete(*setting, "metadata.m") == [
        "metadata.mode=std",
        "metadata.mode=pro",
        "metadata.mode=4k",
        "metadata.multi_shot=true",
        "metadata.multi_shot=false",
        "metadata.multi_prompt=",
    ]
    assert complete(*setting, "metadata.mode=p") == ["metadata.mode=pro"]
    assert complete(*setting, "metadata.image_l") == []  # kling-v3 does not support it


@pytest.mark.parametrize(
    "words",
    [
        [*CREATE, "--image"],
        [*CREATE, "--reference-image"],
        [*CREATE, "--request"],
        [*CREATE, "--output"],
        ["check"],
        ["emulator", "--script"],
        ["batch", "run"],
    ],
)
def test_files_are_left_to_the_shell(words: list[str]) -> None:
    assert complete(*words, "a") == ["<file>"]


def test_folders_are_left_to_the_shell() -> None:
    assert complete("batch", "run", "--out", "a") == ["<dir>"]
    assert complete("batch", "status", "a") == ["<dir>"]


def test_batches_jobs_states_and_tasks(
    run: Run, server: Emulator[RealClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("jobs.jsonl").write_text(
        '{"id": "boat", "model": "kling/kling-v3", "prompt": "A boat"}\n'
        '{"id": "kite", "model": "kling/kling-v3", "prompt": "A kite"}\n'
    )
    assert (
        run("batch", "run", "jobs.jsonl", "--out", "b", "--name", "first", server=server).code == 0
    )
    assert complete("batch", "list", "b", "--state", "d") == ["done", "download_failed"]
    assert complete("batch", "status", "b", "--name", "") == ["first"]
    assert complete("batch", "retry", "b", "") == ["boat", "kite"]
    assert complete("batch", "resolve", "b", "k") == ["kite"]
    assert complete("batch", "retry", "nowhere", "") == []
    assert complete("batch", "retry", "b", "--ledger", "postgresql://192.0.2.1/x", "") == []
    monkeypatch.chdir("b")
    assert {*complete("video", "status", "")} == set(server.tasks)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # Words as readline separates them, and what it replaces the last one with.
        (["--mode", "p"], ["pro"]),
        (["--mode", "=", "p"], ["pro"]),
        (["--mode", "="], ["std", "pro", "4k"]),
        (["--aspect-ratio", "16", ":"], ["9"]),
        (["--aspect-ratio", "16", ":", "9"], ["9"]),
        (["--aspect-ratio", "=", "16", ":"], ["9"]),
        (["--set", "metadata.mode", "="], ["std", "pro", "4k"]),
        (["--set", "metadata.mode", "=", "p"], ["pro"]),
        (["--set", "=", "metadata.aspect_ratio", "=", "1"], ["16:9", "1:1"]),
        (["--set", "metadata.aspect_ratio", "=", "16", ":"], ["9"]),
        (["--set", "metadata.see"], []),
        (["--set", "metadata.cfg"], ["metadata.cfg_scale="]),
    ],
)
def test_bash_replaces_the_part_that_it_takes_for_a_word(
    words: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ["orcarouter", *CREATE, "--model", "kling/kling-v3", *words]
    monkeypatch.setenv("COMP_WORDS", "\n".join(line))
    monkeypatch.setenv("COMP_CWORD", str(len(line) - 1))
    output = _Bash(app, {}, "orcarouter", "_ORCAROUTER_COMPLETE").complete()
    assert output.splitlines() == [f"plain,{value}" for value in expected]


@pytest.fixture
def bash(tmp_path: Path) -> Callable[..., list[str]]:
    if shutil.which("bash") is None:
        pytest.fail("this test needs bash")
    program = tmp_path / "orcarouter"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m orcarouter "$@"\n')
    program.chmod(0o755)

    def run(*words: str) -> list[str]:
        script = (
            'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
            '_orcarouter_completion "$0"; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(
            ["bash", "--norc", "-c", script, str(program), *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    return run


def test_in_bash(bash: Callable[..., list[str]]) -> None:
    line = ["orcarouter", *CREATE]
    assert bash(*line, "--model", "minimax/") == ["minimax/minimax-h3"]
    assert bash(*line, "--model", "kling/kling-v3", "--set", "metadata.mode", "=", "p") == ["pro"]
