"""The cost of imports and of starting the command lines.

Each figure is the median of several processes, which run in turn with those of the other figures. A first round, which
writes the byte code, does not count.
"""

from __future__ import annotations

import re
import statistics
import sys
from pathlib import Path

from attrs import frozen

from benchmarks import progress
from benchmarks.figures import Start
from benchmarks.process import ROOT, run

ROUNDS = 11
SLOW, SLOW_ROUNDS = 1000.0, 3  # milliseconds from which on there are fewer rounds

# Prints CPU seconds and modules of the statement alone, without the start of the interpreter.
_PROBE = """
import sys, time
sys.path[:0] = {paths!r}
modules, clock = len(sys.modules), time.process_time()
{statement}
print(time.process_time() - clock, len(sys.modules) - modules)
"""


@frozen
class Import:
    """A statement to time in a new interpreter, with `paths` first in its sys.path."""

    what: str
    tool: str
    statement: str
    paths: tuple[str, ...] = ()


def imports(subjects: list[Import]) -> tuple[list[Start], list[str]]:
    """CPU time and modules of each statement, and a note on each that fails."""
    times: dict[Import, list[tuple[float, int]]] = {s: [] for s in subjects}
    notes = []
    for count in range(ROUNDS + 1):
        for subject, values in list(times.items()):
            if len(values) >= SLOW_ROUNDS and values[0][0] > SLOW:
                continue
            probe = _PROBE.format(paths=[*subject.paths], statement=subject.statement)
            done = run([sys.executable, "-c", probe], limit=120)
            if done.status:
                notes.append(f"{subject.what}, {subject.tool}: {_last(done.output)}")
                del times[subject]
            elif count:
                cpu, modules = done.output.split()[-2:]
                values.append((float(cpu) * 1000, int(modules)))
    rows = [_row(s.what, s.tool, values) for s, values in times.items() if values]
    for row in rows:
        progress.step(
            f"  {row.what}, {row.tool or 'alone'}: {row.ms:.1f} ms, {row.modules} modules"
        )
    return rows, notes


def commands(programs: dict[str, list[str]]) -> tuple[list[Start], list[str]]:
    """CPU time of whole processes: bare Python, then each program. `programs` gives command lines by the names of the rows."""
    lines = {"python -c pass": [sys.executable, "-c", "pass"], **programs}
    times: dict[str, list[tuple[float, int]]] = {name: [] for name in lines}
    notes = []
    for count in range(ROUNDS + 1):
        for name in list(times):
            done = run(lines[name], limit=60)
            if done.status:
                notes.append(f"`{name}`: exit status {done.status}: {_last(done.output)}")
                del times[name]
            elif count:
                times[name].append((done.cpu * 1000, 0))
    rows = []
    for name, values in times.items():
        traced = run(lines[name], env={"PYTHONPROFILEIMPORTTIME": "1"})
        modules = len(re.findall(r"^import time: +\d", traced.output, re.MULTILINE))
        rows.append(_row(name, "", [(ms, modules) for ms, _ in values]))
        progress.step(f"  {name}: {rows[-1].ms:.1f} ms, {modules} modules")
    return rows, notes


def command_lines() -> dict[str, list[str]]:
    """The help commands of the project's programs, as installed beside this Python."""
    folder = Path(sys.executable).parent
    return {f"{name} --help": [str(folder / name), "--help"] for name in ("orcarouter", "orcagen")}


def _row(what: str, tool: str, values: list[tuple[float, int]]) -> Start:
    ms = statistics.median(v for v, _ in values)
    return Start(what, tool, ms, max(m for _, m in values), len(values))


def _last(output: str) -> str:
    lines = output.strip().splitlines() or ["no output"]
    return lines[-1].replace(f"{ROOT}/", "")[:160]
