"""`python -m orcarouter.testing.demo`: check, submit, wait and download with the command line, against the emulator.

Then a batch of five, with the page that it writes.
"""

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

_PROMPTS = (
    "A lighthouse in a storm, slow push-in",
    "A paper boat in the rain",
    "A kite over a beach",
    "A snail crosses a road",
    "Steam rises from a cup",
)


def main() -> int:
    """Run the demo; returns the exit code of the first command that fails, 0 if none does."""
    parser = argparse.ArgumentParser(
        prog="python -m orcarouter.testing.demo",
        description="Start the emulator, check and submit a Kling task, download the video; make a batch of five.",
    )
    parser.add_argument("--output", metavar="FILE", default="demo/out.mp4", type=Path)
    output: Path = parser.parse_args().output
    output.parent.mkdir(parents=True, exist_ok=True)

    from orcarouter.testing import Emulator

    with Emulator(queued=1, running=3) as emulator, tempfile.TemporaryDirectory() as folder:
        print(
            f"The emulator listens on {emulator.base_url}. No request leaves this machine.\n",
            flush=True,
        )
        environment = {
            **os.environ,
            "ORCAROUTER_BASE_URL": emulator.base_url,
            "ORCAROUTER_API_KEY": "sk-orca-demo",
            "NO_PROXY": "127.0.0.1",
        }
        valid, invalid = Path(folder, "valid.json"), Path(folder, "invalid.json")
        valid.write_text(json.dumps(_REQUEST, indent=2))
        unsupported = {**_REQUEST, "metadata": {"mode": "4k", "duration": "7"}}
        invalid.write_text(json.dumps(unsupported, indent=2))

        print("A request that kling-v2-6 does not support is rejected before it is sent:\n")
        code = _run_command(environment, "check", str(invalid))
        if code != 1:
            return code or 1
        print("\nA valid one is checked and submitted, and its video downloaded:\n")
        options = ["--wait", "--interval", "0.5", "--force"]
        create = ["video", "create", "--request", str(valid), "--output", str(output), *options]
        for arguments in (["check", str(valid)], create):
            if code := _run_command(environment, *arguments):
                return code
        print(
            f"\n{len(emulator.requests)} requests, {len(emulator.tasks)} task, {output.stat().st_size} bytes of MP4 in {output}"
        )
        print("\nA batch of five, which a later run would continue:\n", flush=True)
        jobs = Path(folder, "jobs.jsonl")
        batch = Path(tempfile.mkdtemp(dir=output.parent, prefix="batch-"))
        jobs.write_text(
            "".join(json.dumps({**_REQUEST, "prompt": prompt}) + "\n" for prompt in _PROMPTS)
        )
        arguments = ["batch", "run", str(jobs), "--out", str(batch), "--interval", "0.5"]
        if code := _run_command(environment, *arguments):
            return code
        print(f"\nThe page with all videos: {(batch / 'index.html').absolute().as_uri()}")
    return 0


def _run_command(environment: dict[str, str], *arguments: str) -> int:
    print(f"$ orcarouter {shlex.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "orcarouter", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
