"""`python -m orcarouter.testing`."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from orcarouter.testing.__main__ import main

COMMAND = [sys.executable, "-m", "orcarouter.testing"]


def test_serves_until_interrupted(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("steps: [{on: models, status: 503}]\nmodels: [example/one]\n")
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--script", str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background may have made the signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        before, _, url = line.rstrip("\n").partition("http://127.0.0.1:")
        assert before == "Listening on "
        assert url.endswith("/v1")
        responses = [httpx.get(f"http://127.0.0.1:{url}/models") for _ in range(2)]
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)
    assert [response.status_code for response in responses] == [503, 200]
    assert [model["id"] for model in responses[1].json()["data"]] == ["example/one"]
    assert rest == ("", "")
    assert process.returncode == 0


def test_invalid_script_gives_one_line_and_exit_code_2(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- {on: submit, state: 500}")
    done = subprocess.run(
        [*COMMAND, "--script", str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"emulator: {script}: step 1: no such key: state; there are ")
    assert "trickle_interval" in line
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [("- {on: [", "line 1: not YAML: "), ("speed: 2", "no such setting: speed")],
)
def test_invalid_scripts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (tmp_path / "script.yaml").write_text(text)
    assert main(["--script", str(tmp_path / "script.yaml")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_missing_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "none.yaml"
    assert main(["--script", str(missing)]) == 2
    assert capsys.readouterr().err == f"emulator: {missing}: No such file or directory\n"


def test_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert capsys.readouterr().err == f"emulator: port {port}: Address already in use\n"


@pytest.mark.parametrize("port", ["70000", "-1", "http"])
def test_invalid_port(capsys: pytest.CaptureFixture[str], port: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--port={port}"])
    assert ended.value.code == 2
    assert f"'{port}' is not a port, 0 to 65535" in capsys.readouterr().err
