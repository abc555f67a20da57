"""In programs of the documentation, the clock of `orcarouter`'s clients runs a hundred times faster.

Python imports this module at start, because `tests/docs/blocks.py` puts its folder on PYTHONPATH.
"""

import asyncio
import time
from types import SimpleNamespace

from orcarouter import _clock as clock

FACTOR = 100.0


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds / FACTOR)


# What the clock uses of the two modules.
vars(clock).update(
    time=SimpleNamespace(
        time=time.time,
        monotonic=lambda: time.monotonic() * FACTOR,
        sleep=lambda seconds: time.sleep(seconds / FACTOR),
    ),
    asyncio=SimpleNamespace(sleep=_sleep),
)
