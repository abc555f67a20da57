"""One run of `orcagen generate` by stage: `python -m benchmarks.stages RESULT generate SPEC ...`.

The functions of the stages are wrapped where `orcagen` looks them up; what no stage claims is `rest`. CPU seconds of
the process and its children go to the file RESULT as JSON.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Stage: module, name in it.
PLACES = {
    "load": ("orcagen.pipeline", "load"),
    "document": ("orcagen.pipeline", "read"),
    "types": ("orcagen.schema", "build"),
    "plan": ("orcagen.pipeline", "plan"),
    "render": ("orcagen.pipeline", "render"),
    "format": ("orcagen.pipeline", "_formatted"),
    "verify": ("orcagen.pipeline", "verify"),
    "write": ("orcagen.output.write", "write"),
}


class Clock:
    """CPU seconds by stage. A stage inside another one counts for itself only."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._open: list[str] = ["start"]
        self._last = 0.0

    def _turn(self) -> None:
        used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        now = sum(u.ru_utime + u.ru_stime for u in used)
        stage = self._open[-1]
        self.spent[stage] = self.spent.get(stage, 0.0) + now - self._last
        self._last = now

    def enter(self, stage: str) -> None:
        self._turn()
        self._open.append(stage)

    def leave(self) -> None:
        self._turn()
        self._open.pop()

    def wrapped(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.enter(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return timed


def main(result: str, arguments: list[str]) -> int:
    clock = Clock()
    from orcagen.cli import main as orcagen

    for stage, (place, name) in PLACES.items():
        module = importlib.import_module(place)
        if hasattr(module, name):
            setattr(module, name, clock.wrapped(stage, getattr(module, name)))
    clock.enter("rest")
    status = orcagen(arguments)
    clock.leave()
    Path(result).write_text(json.dumps(clock.spent), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
