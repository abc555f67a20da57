"""Times functions in turn in one process, in terms of the first.

A round times each function over as many calls as fill a slice of CPU time, in rotating order; the figures are medians over
the rounds. What disturbs a round disturbs all functions in it.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping

from benchmarks.figures import Ratio

SLICE = 0.01  # CPU seconds


def ratios(what: str, functions: Mapping[str, Callable[[], object]], rounds: int) -> list[Ratio]:
    """Each function but the first, in terms of the first."""
    base, *subjects = functions
    calls = {name: _count_calls(function) for name, function in functions.items()}
    spent: dict[str, list[float]] = {name: [] for name in functions}
    order = list(functions)
    gc.collect()
    gc.freeze()  # the garbage collector then skips what was imported
    for _ in range(rounds):
        for name in order:
            spent[name].append(_time(functions[name], calls[name]))
        order.append(order.pop(0))
    return [
        Ratio(
            what,
            name,
            base,
            statistics.median(spent[name]) * 1e6,
            statistics.median(spent[base]) * 1e6,
            statistics.median(a / b for a, b in zip(spent[name], spent[base], strict=True)),
            rounds,
        )
        for name in subjects
    ]


def _count_calls(function: Callable[[], object]) -> int:
    """The number of calls that fill a slice. The first two, which may import and compile, are not timed."""
    function()
    function()
    return max(1, round(SLICE / max(_time(function, 5), 1e-7)))


def _time(function: Callable[[], object], calls: int) -> float:
    """CPU seconds per call."""
    start = time.process_time()
    for _ in range(calls):
        function()
    return (time.process_time() - start) / calls
