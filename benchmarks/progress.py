"""A line on standard error for each step."""

from __future__ import annotations

import sys


def step(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
