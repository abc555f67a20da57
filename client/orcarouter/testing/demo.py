"""`python -m orcarouter.testing.demo`: the whole path against the emulator, through the command line."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["main"]

_REQUEST = {
    "model": "kling/kling-v2-6",
    "prompt": "A lighthouse in a storm, slow push-in",
    "metadata": {"mode": "pro", "aspect_ratio": "16:9", "duration": "5", "sound": "on"},
}


def main() -> int:
    """Run it; gives the exit code of the first command that goes wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m orcarouter.testing.demo",
        description="Start the emulator, check and submit a Kling task, leave the video.",
    )
    parser.add_argument("--output", metavar="FILE", default="demo/out.mp4", type=Path)
    output: Path = parser.parse_args().output
    output.parent.mkdir(parents=True, exist_ok=True)

    from orcarouter.testing import Emulator

    with Emulator(queued=1, running=3) as emulator, tempfile.TemporaryDirectory() as folder:
        print(
            f"The emulator answers at {emulator.base_url}. No request leaves this machine.\n",
            flush=True,
        )
        environment = {
            **os.environ,
            "ORCAROUTER_BASE_URL": emulator.base_url,
            "ORCAROUTER_API_KEY": "sk-orca-demo",
            "NO_PROXY": "127.0.0.1",
        }
        good, bad = Path(folder, "good.json"), Path(folder, "bad.json")
        good.write_text(json.dumps(_REQUEST, indent=2))
        wrong = {**_REQUEST, "metadata": {"mode": "4k", "duration": "7"}}
        bad.write_text(json.dumps(wrong, indent=2))

        print("A request that kling-v2-6 does not take is found out before it is sent:\n")
        code = _run(environment, "check", str(bad))
        if code != 1:
            return code or 1
        print("\nA good one is checked, submitted, waited for and downloaded:\n")
        for arguments in (
            ["check", str(good)],
            [
                "video",
                "create",
                "--request",
                str(good),
                "--wait",
                "--interval",
                "0.5",
                "--output",
                str(output),
            ],
        ):
            if code := _run(environment, *arguments):
                return code
        print(
            f"\n{len(emulator.requests)} requests, {len(emulator.tasks)} task, {output.stat().st_size} bytes of MP4 in {output}"
        )
    return 0


def _run(environment: dict[str, str], *arguments: str) -> int:
    print(f"$ orcarouter {shlex.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "orcarouter", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
