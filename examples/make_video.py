"""Make one video: submit a task, wait for it, download the file.

    export ORCAROUTER_API_KEY=sk-orca-...
    python examples/make_video.py lighthouse.mp4

Without an account, start `orcarouter emulator` and set the two variables that it prints.
"""

import sys
from pathlib import Path

from orcarouter import OrcaRouter


def main(path: Path) -> None:
    if path.exists():  # noticed here, because `download` would refuse it after the task is paid
        sys.exit(f"{path} exists")
    with OrcaRouter() as orca:  # the key is read from the environment
        task = orca.videos.create(
            model="kling/kling-v3-omni",
            prompt="A lighthouse in a storm, slow push-in",
            metadata={"mode": "pro", "aspect_ratio": "16:9", "duration": "5"},
        )
        print(f"submitted {task.id}", file=sys.stderr)
        file = task.download(path)  # waits for the task first
        print(f"{file.path}: {file.size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
