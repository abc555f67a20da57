"""Make many videos at once: submit all tasks, and download each file as its task ends.

python examples/many_videos.py videos/
"""

import sys
from pathlib import Path

from orcarouter import OrcaRouter

PROMPTS = ["A paper boat in the rain", "A kite over dunes", "A snail on a record player"]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with OrcaRouter() as orca:
        tasks = [
            orca.videos.create(model="kling/kling-v3", prompt=prompt, metadata={"duration": "5"})
            for prompt in PROMPTS
        ]
        # One scheduler polls all tasks; a failed task is an outcome, not an exception.
        for outcome in orca.as_completed(tasks, timeout=1800):
            if outcome.error is not None:
                print(f"{outcome.task.id}: {outcome.error}", file=sys.stderr)
                continue
            file = outcome.task.download(folder / f"{outcome.task.id}.mp4")
            print(f"{file.path}: {file.size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
