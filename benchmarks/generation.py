"""What generating costs: each document with each generator; again, unchanged and changed; by size."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from attrs import evolve

from benchmarks import documents, progress
from benchmarks.figures import OURS, Document, Generation
from benchmarks.process import run
from benchmarks.tools import Tool

PARTS = (0.1, 0.25, 0.5)


def measure(found: list[Document], tools: list[Tool], work: Path) -> list[Generation]:
    """First runs of all."""
    rows = []
    for document in found:
        for tool in tools:
            folder = work / tool.name
            row = _said(tool.make(document, folder))
            if tool.name != OURS:
                rows.append(row)
                continue
            rows.append(evolve(row, stages=_stages(document, work)))
    return rows


def again(document: Document, tool: Tool, work: Path) -> list[Generation]:
    """A first run, one on the unchanged document and one after three changes, by turns; medians of five."""
    turns = {"first": document, "second": document, "changed": documents.changed(document, work)}
    runs: dict[str, list[Generation]] = {name: [] for name in turns}
    for _ in range(5):
        for name, one in turns.items():
            runs[name].append(tool.make(one, work / "again", again=name))
    return [_said(sorted(rows, key=lambda r: r.cpu)[2]) for rows in runs.values()]


def growth(
    document: Document, tools: list[Tool], work: Path
) -> tuple[list[Document], list[Generation]]:
    """Parts of a document and the whole, each twice; the lower figure counts."""
    found = [*documents.parts(document, PARTS, work), document]
    rows = []
    for part in found:
        for tool in tools:
            if tool.name != OURS and part is document:
                continue  # the large runs of the peers are in `measure` already
            runs = [tool.make(part, work / tool.name) for _ in range(2)]
            rows.append(_said(min(runs, key=lambda r: r.cpu)))
    return found, rows


def small(document: Document, tools: list[Tool], work: Path) -> list[Generation]:
    """A small document five times; the median counts."""
    rows = []
    for tool in tools:
        runs = sorted(
            (tool.make(document, work / tool.name) for _ in range(5)), key=lambda r: r.cpu
        )
        row = runs[len(runs) // 2]
        rows.append(
            _said(evolve(row, stages=_stages(document, work)) if tool.name == OURS else row)
        )
    return rows


def _stages(document: Document, work: Path) -> dict[str, float]:
    """A further first run, in which the stages are timed. None where it fails."""
    result, folder = work / "stages.json", work / "stages"
    result.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    words: list[str | Path] = [
        "generate",
        document.path,
        "--output",
        folder,
        "--package",
        "package",
    ]
    run([sys.executable, "-m", "benchmarks.stages", result, *words])
    if not result.is_file():
        return {}
    stages: dict[str, float] = json.loads(result.read_text(encoding="utf-8"))
    return stages


def _said(row: Generation) -> Generation:
    what = row.refusal or f"{row.lines} lines, {row.written} files written"
    progress.step(
        f"  {row.document}, {row.tool}, {row.run}: {row.cpu:.2f} s, {row.peak:.0f} MiB, {what}"
    )
    return row
