"""The command line as a process: imports, signals, pipes and terminals."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from orcarouter import OrcaRouter
from orcarouter.testing import Emulator, Fault, RealClock

COMMAND = (sys.executable, "-m", "orcarouter")


@pytest.mark.parametrize("arguments", [["--help"], ["video", "create", "--help"], ["--version"]])
def test_help_imports_neither_httpx_nor_models(arguments: list[str]) -> None:
    code = (
        "import sys; from orcarouter.cli import main; "
        f"status = main({arguments!r}); "
        "print([n for n in sys.modules if n.partition('.')[0] in "
        "('httpx', 'httpcore', 'attrs', 'attr', 'rich', 'orcarouter_api', 'yaml')], file=sys.stderr); "
        "sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert "orcarouter" in done.stdout


def test_the_package_imports_lazily() -> None:
    code = "import sys, orcarouter; print([n for n in sys.modules if n.startswith(('http', 'attr', 'orcarouter.'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def environment(server: Emulator[RealClock]) -> Mapping[str, str]:
    return {
        **os.environ,
        "ORCAROUTER_API_KEY": "sk-orca-test",
        "ORCAROUTER_BASE_URL": server.base_url,
        "NO_PROXY": "127.0.0.1",
    }


@pytest.mark.parametrize(
    ("options", "resume_command"),
    [
        ((), "orcarouter video wait {}"),
        (
            ("--output", "/tmp/a film.mp4"),
            "orcarouter video download {} --output '/tmp/a film.mp4'",
        ),
    ],
)
def test_interrupting_a_wait_prints_the_resume_command(
    options: tuple[str, ...], resume_command: str
) -> None:
    with Emulator(running=3600) as server:
        arguments = ["video", "create", "--model", "kling/kling-v3", "--prompt", "A kite", "--wait"]
        with subprocess.Popen(
            [*COMMAND, *arguments, "--interval", "0.05", *options],
            env=environment(server),
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line)
                if "queued" in line:  # the wait has begun
                    process.send_signal(signal.SIGINT)
                    break
            lines += process.stderr.readlines()
            assert process.wait() == 130
        (task_id,) = server.tasks
    assert lines[-1].strip() == resume_command.format(task_id)
    assert "Traceback" not in "".join(lines)


def test_the_resume_command_of_a_download_has_its_options(tmp_path: Path) -> None:
    with Emulator(running=3600) as server:
        with OrcaRouter("sk-orca-test", base_url=server.base_url) as orca:
            task = orca.videos.create(model="kling/kling-v3", prompt="A kite")
        command = [*COMMAND, "video", "download", task.id, "--kind", "last_frame"]
        with subprocess.Popen(
            [*command, "--output", str(tmp_path)],
            env=environment(server),
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not server.requests_to("lookup"):
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=40)
    resume_command = f"orcarouter video download {task.id} --output {tmp_path} --kind last_frame"
    assert stderr.splitlines()[-1].strip() == resume_command


def test_interrupting_does_not_wait_for_responses() -> None:
    script = [Fault("lookup", stall=True, times=None)]
    with Emulator(script) as server:
        with subprocess.Popen(
            [*COMMAND, "video", "wait", "task_1", "task_2"],
            env=environment(server),
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while len(server.requests_to("lookup")) < 2:
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            # The request timeout is a minute.
            _, stderr = process.communicate(timeout=40)
        assert process.returncode == 130
    assert stderr.splitlines()[-1].strip() == "orcarouter video wait task_1 task_2"
    assert "Traceback" not in stderr


def test_the_emulator_prints_its_settings() -> None:
    with subprocess.Popen(
        [*COMMAND, "emulator"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().split()[-1]
        hint = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)
    settings = dict(word.split("=") for word in hint.split() if "=" in word)
    assert settings == {"ORCAROUTER_BASE_URL": url, "ORCAROUTER_API_KEY": "sk-orca-test"}
    assert (process.returncode, *rest) == (0, "", "")


def test_an_error_is_printed_once() -> None:
    with Emulator() as server:
        done = subprocess.run(
            [*COMMAND, "video", "status", "task_unknown"],
            env=environment(server),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 12
    assert len(done.stderr.splitlines()) == 1


def test_rate_limiting_is_printed() -> None:
    with Emulator([Fault("submit", status=429, retry_after=1)]) as server:
        done = subprocess.run(
            [*COMMAND, "video", "create", "--model", "kling/kling-v3", "--prompt", "A kite"],
            env=environment(server),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0
    assert "orcarouter: rate limited (HTTP 429); submitting again in " in done.stderr


def test_a_closed_pipe_prints_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "capabilities", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        stderr = process.stderr.read()
    assert (process.returncode, stderr) == (4, "")


def test_non_ascii_text_on_an_ascii_terminal() -> None:
    done = subprocess.run(
        [*COMMAND, "video", "create", "--dry-run", "--model", "x/y", "--prompt", "日本 🎬"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["prompt"] == "日本 🎬"


def test_progress_bars_on_a_terminal(tmp_path: Path) -> None:
    terminal, end = pty.openpty()
    with Emulator(queued=0.1, running=0.3) as server:
        arguments = ["video", "create", "--model", "kling/kling-v3", "--prompt", "A kite"]
        done = subprocess.run(
            [*COMMAND, *arguments, "--interval", "0.1", "--output", str(tmp_path / "out.mp4")],
            env={**environment(server), "TERM": "xterm", "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=end,
            text=True,
            check=False,
        )
        (task_id,) = server.tasks
    os.close(end)
    output = b""
    with contextlib.suppress(OSError):  # the end of a terminal's output is an error on Linux
        while chunk := os.read(terminal, 65536):
            output += chunk
    os.close(terminal)
    assert done.returncode == 0, output
    assert done.stdout.splitlines()[:2] == [f"task_id: {task_id}", "state: succeeded"]
    assert b"waiting" in output  # shown before the first poll
    assert "━".encode() in output
    assert b"100%" in output
