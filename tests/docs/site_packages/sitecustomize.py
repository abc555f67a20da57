"""Lets programs of the documentation sleep a hundredth of the time; see tests/docs/blocks.py."""

import asyncio
import time
from typing import Any

FACTOR = 0.01

_sleep, _async_sleep = time.sleep, asyncio.sleep


def sleep(seconds: Any, /) -> None:
    """`time.sleep`, shorter."""
    _sleep(float(seconds) * FACTOR)


async def async_sleep(seconds: float, result: object = None) -> object:
    """`asyncio.sleep`, shorter."""
    return await _async_sleep(seconds * FACTOR, result)


time.sleep = sleep
asyncio.sleep = async_sleep  # type: ignore[assignment]  # narrower than the overloads
