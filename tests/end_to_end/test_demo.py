"""`make demo`, without generating."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_demo_downloads_a_video(tmp_path: Path) -> None:
    output = tmp_path / "demo" / "out.mp4"
    command = [sys.executable, "-m", "orcarouter.testing.demo", "--output", str(output)]
    output.parent.mkdir()
    output.write_bytes(b"of an earlier run")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert output.read_bytes()[4:8] == b"ftyp"
    assert "1 task" in done.stdout
    (page,) = output.parent.glob("batch-*/index.html")
    assert done.stdout.endswith(f"{page.as_uri()}\n")
    assert page.read_text("utf-8").count("<video") == 5
    assert 'nearest allowed: "pro"' in done.stdout
