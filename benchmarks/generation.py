"""The cost of generation: by document and generator, of a run on an unchanged document, and by size."""

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


def measure(measured: list[Document], tools: list[Tool], work: Path) -> list[Generation]:
    """A first run of each generator on each document."""
    rows = []
    for document in measured:
        for tool in tools:
            folder = work / tool.name
            row = _report(tool.generate(document, folder))
            if tool.name != OURS:
                rows.append(row)
                continue
            rows.append(evolve(row, stages=_stages(document, work)))
    return rows


def unchanged(document: Document, tool: Tool, work: Path) -> list[Generation]:
    """A first run and one on the unchanged document, in turn; medians of five."""
    runs: dict[str, list[Generation]] = {"first": [], "second": []}
    for _ in range(5):
        for name, rows in runs.items():
            rows.append(tool.generate(document, work / "unchanged", name))
    return [_report(sorted(rows, key=lambda r: r.cpu)[2]) for rows in runs.values()]


def growth(
    document: Document, tools: list[Tool], work: Path
) -> tuple[list[Document], list[Generation]]:
    """Parts of a document and the whole document: the lower figure of two runs each."""
    measured = [*documents.parts(document, PARTS, work), document]
    rows = []
    for part in measured:
        for tool in tools:
            if tool.name != OURS and part is document:
                continue  # measured by `measure`
            runs = [tool.generate(part, work / tool.name) for _ in range(2)]
            rows.append(_report(min(runs, key=lambda r: r.cpu)))
    return measured, rows


def small(document: Document, tools: list[Tool], work: Path) -> list[Generation]:
    """A small document: the median of five runs."""
    rows = []
    for tool in tools:
        runs = sorted(
            (tool.generate(document, work / tool.name) for _ in range(5)), key=lambda r: r.cpu
        )
        row = runs[len(runs) // 2]
        rows.append(
            _report(evolve(row, stages=_stages(document, work)) if tool.name == OURS else row)
        )
    return rows


def _stages(document: Document, work: Path) -> dict[str, float]:
    """CPU seconds by stage of another first run; empty if it fails."""
    result, folder = work / "stages.json", work / "stages"
    result.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    arguments = ("generate", document.path, "--output", folder, "--package", "package")
    done = run([sys.executable, "-m", "benchmarks.stages", result, *arguments])
    if not result.is_file():
        progress.step(f"  no stages of {document.name}: {done.output.strip()[-200:]}")
        return {}
    stages: dict[str, float] = json.loads(result.read_text(encoding="utf-8"))
    return stages


def _report(row: Generation) -> Generation:
    output = row.error or f"{row.lines} lines, {row.files_written} files written"
    progress.step(
        f"  {row.document}, {row.tool}, {row.run}: {row.cpu:.2f} s, {row.peak:.0f} MiB, {output}"
    )
    return row
