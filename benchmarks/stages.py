"""One run of `orcagen generate` by stage: `python -m benchmarks.stages RESULT generate SPEC ...`.

Times the functions of the stages by wrapping them in the modules that call them; `rest` is the time outside of them. CPU
seconds of the process and its children are written to the file RESULT as JSON.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Stage: module, name of the function in it.
FUNCTIONS = {
    "source": ("orcagen.reading", "load"),
    "openapi": ("orcagen.reading", "read"),
    "schema": ("orcagen.schema", "build"),
    "plan": ("orcagen.pipeline", "plan"),
    "render": ("orcagen.pipeline", "render"),
    "format": ("orcagen.pipeline", "_format"),
    "verify": ("orcagen.pipeline", "verify"),
    "write": ("orcagen.output.write", "write"),
}


class Clock:
    """CPU seconds by stage. The time of a stage inside another is not counted for the outer one."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._open: list[str] = ["start"]
        self._last = 0.0

    def _count(self) -> None:
        """Adds the time since the last call to the innermost stage."""
        used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        total = sum(u.ru_utime + u.ru_stime for u in used)
        stage = self._open[-1]
        self.spent[stage] = self.spent.get(stage, 0.0) + total - self._last
        self._last = total

    def enter(self, stage: str) -> None:
        self._count()
        self._open.append(stage)

    def leave(self) -> None:
        self._count()
        self._open.pop()

    def wrap(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
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

    for stage, (module_name, name) in FUNCTIONS.items():
        module = importlib.import_module(module_name)
        setattr(module, name, clock.wrap(stage, getattr(module, name)))
    clock.enter("rest")
    status = orcagen(arguments)
    clock.leave()
    Path(result).write_text(json.dumps(clock.spent), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
