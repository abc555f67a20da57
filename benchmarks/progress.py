"""Progress on standard error."""

from __future__ import annotations

import sys


def step(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
