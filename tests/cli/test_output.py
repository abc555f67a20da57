"""`--output` and `--force`: where videos are written, and what is never overwritten."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from orcarouter.testing import Emulator, RealClock

SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()
CREATE = ("video", "create", "--model", "kling/kling-v3", "--prompt", "A kite")
FAST = ("--interval", "0.05")


def submit(run: Run, server: Emulator[RealClock]) -> str:
    return run(*CREATE, server=server).out.strip()


def test_an_existing_file_is_refused_before_submitting(
    run: Run, server: Emulator[RealClock]
) -> None:
    Path("out.mp4").write_bytes(b"mine")
    done = run(*CREATE, "--output", "out.mp4", *FAST, server=server)
    assert (done.code, server.requests) == (4, [])
    assert "out.mp4: the file exists" in done.error_line
    assert "--force" in done.error_line
    assert Path("out.mp4").read_bytes() == b"mine"
    done = run(*CREATE, "--output", "out.mp4", "--force", *FAST, server=server)
    assert done.code == 0, done.err
    assert Path("out.mp4").read_bytes() == SAMPLE


@pytest.mark.parametrize("command", ["wait", "download"])
def test_wait_and_download_refuse_an_existing_file(
    run: Run, server: Emulator[RealClock], command: str
) -> None:
    task_id = submit(run, server)
    Path("out.mp4").write_bytes(b"mine")
    lookups = len(server.requests)
    arguments = ("video", command, task_id, "--output", "out.mp4", *FAST)
    assert run(*arguments, server=server).code == 4
    assert len(server.requests) == lookups
    assert Path("out.mp4").read_bytes() == b"mine"
    assert run(*arguments, "--force", server=server).code == 0
    assert Path("out.mp4").read_bytes() == SAMPLE


def test_an_existing_file_in_a_folder_is_kept_and_the_others_go_on(
    run: Run, server: Emulator[RealClock]
) -> None:
    ids = [submit(run, server) for _ in range(2)]
    Path(f"{ids[1]}.mp4").write_bytes(b"mine")
    done = run("video", "download", *ids, *FAST, server=server)
    assert done.code == 4
    assert f"{ids[1]}.mp4" in done.err
    assert Path(f"{ids[0]}.mp4").read_bytes() == SAMPLE
    assert Path(f"{ids[1]}.mp4").read_bytes() == b"mine"
    assert run("video", "download", *ids, "--force", *FAST, server=server).code == 0
    assert all(Path(f"{each}.mp4").read_bytes() == SAMPLE for each in ids)


@pytest.mark.parametrize("path", ["/dev/null", "fifo", "link", "a" * 300])
def test_what_cannot_be_written_is_refused_before_submitting(
    run: Run, server: Emulator[RealClock], path: str
) -> None:
    os.mkfifo("fifo")
    Path("link").symlink_to("/dev/null")
    done = run(*CREATE, "--output", path, "--force", *FAST, server=server)
    assert (done.code, server.requests) == (4, [])
    assert path in done.error_line


def environment(server: Emulator[RealClock]) -> dict[str, str]:
    return {
        **os.environ,
        "ORCAROUTER_API_KEY": "sk-orca-test",
        "ORCAROUTER_BASE_URL": server.base_url,
        "NO_PROXY": "127.0.0.1",
    }


@pytest.mark.parametrize("command", ["create", "wait", "download"])
def test_a_dash_is_standard_output(
    run: Run, server: Emulator[RealClock], tmp_path: Path, command: str
) -> None:
    arguments = CREATE if command == "create" else ("video", command, submit(run, server))
    done = subprocess.run(
        [sys.executable, "-m", "orcarouter", *arguments, "--output", "-", *FAST],
        env=environment(server),
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == SAMPLE  # and nothing else
    assert not list(tmp_path.glob("*.mp4"))
    assert not (tmp_path / "-").exists()


def test_json_and_a_file_do_not_share_standard_output(
    run: Run, server: Emulator[RealClock]
) -> None:
    done = run(*CREATE, "--output", "-", "--json", server=server)
    assert (done.code, server.requests) == (2, [])
    assert "both need standard output" in done.error_line


@pytest.mark.parametrize(("reply", "code"), [(b"y\n", 0), (b"n\n", 4), (b"\n", 4)])
def test_a_terminal_is_asked(
    run: Run, server: Emulator[RealClock], tmp_path: Path, reply: bytes, code: int
) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"mine")
    terminal, end = pty.openpty()
    os.write(terminal, reply)
    done = subprocess.run(
        [sys.executable, "-m", "orcarouter", *CREATE, "--output", str(target), *FAST],
        env=environment(server),
        stdin=end,
        capture_output=True,
        check=False,
    )
    os.close(end)
    os.close(terminal)
    assert done.returncode == code, done.stderr
    assert b"Overwrite" in done.stderr
    assert target.read_bytes() == (b"mine" if code else SAMPLE)
    assert len(server.requests_to("submit")) == (0 if code else 1)
