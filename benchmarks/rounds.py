"""Several ways of doing a thing by turns in one process: what each costs in terms of the first.

A round times each way over as many calls as fill a slice of CPU time, in rotating order; the figures are medians over
the rounds. Whatever disturbs a round disturbs all ways in it.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping

from benchmarks.figures import Ratio

SLICE = 0.01  # CPU seconds


def ratios(what: str, ways: Mapping[str, Callable[[], object]], rounds: int) -> list[Ratio]:
    """Each way but the first, in terms of the first."""
    base, *subjects = ways
    calls = {name: _calls(way) for name, way in ways.items()}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    order = list(ways)
    gc.collect()
    gc.freeze()  # collections then look at what the ways make, not at what was imported
    for _ in range(rounds):
        for name in order:
            spent[name].append(_time(ways[name], calls[name]))
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


def _calls(way: Callable[[], object]) -> int:
    """How many calls fill a slice. The first ones, which may load and compile, do not count."""
    way()
    way()
    return max(1, round(SLICE / max(_time(way, 5), 1e-7)))


def _time(way: Callable[[], object], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        way()
    return (time.process_time() - start) / calls
