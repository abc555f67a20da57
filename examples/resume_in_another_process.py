"""Submit a task in one process, and fetch its video in another.

    python examples/resume_in_another_process.py > token.txt
    python examples/resume_in_another_process.py kite.mp4 < token.txt

The token has the task's id, its model and when it was submitted. It contains no credentials.
"""

import sys

from orcarouter import OrcaRouter
from orcarouter.errors import WaitTimeoutError

TIMEOUT = 1800.0  # seconds


def submit() -> None:
    with OrcaRouter() as orca:
        task = orca.videos.create(model="kling/kling-v3", prompt="A kite over dunes")
        print(task.resume_token())


def fetch(token: str, path: str) -> None:
    with OrcaRouter() as orca:
        task = orca.resume(token)
        try:
            print(task.download(path, timeout=TIMEOUT).path)
        except WaitTimeoutError as error:
            # The task continues; the same token works again later.
            sys.exit(f"{error.task_id} is still running")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        submit()
    else:
        fetch(sys.stdin.read().strip(), sys.argv[1])
