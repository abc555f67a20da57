"""The figures and their JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import asdict, define, field, frozen

OURS = "orcagen"
OPC = "openapi-python-client"
DCG = "datamodel-code-generator"


@frozen
class Document:
    """An OpenAPI document: its size in bytes, and its numbers of operations and named schemas.

    `dotted` is whether names of schemas contain dots. `path` is not written to the file, because it is local.
    """

    name: str
    size: int
    operations: int
    schemas: int
    dotted: bool = False
    path: str = ""


@frozen
class Generation:
    """One run of a generator: CPU seconds, peak memory in MiB, and its output, with `size` in bytes.

    `run` is "first", or "second" for a run on the unchanged document. `error` is the generator's message if it gives no
    output. `operations` is the number of generated functions, None where it cannot be counted. `stages` are CPU seconds.
    """

    document: str
    tool: str
    run: str
    cpu: float
    peak: float
    files: int = 0
    lines: int = 0
    size: int = 0
    operations: int | None = None
    files_written: int | None = None
    error: str = ""
    stages: dict[str, float] = field(factory=dict)


@frozen
class Start:
    """CPU milliseconds of an import or a command, and the number of modules that it loads: medians of `runs`."""

    what: str
    tool: str
    ms: float
    modules: int
    runs: int


@frozen
class Ratio:
    """CPU microseconds of `subject` and `base`, timed in turn in one process, and the median of the rounds' ratios."""

    what: str
    subject: str
    base: str
    us: float
    base_us: float
    ratio: float
    rounds: int


@define
class Figures:
    """The figures by measurement, with the notes and the environment of the run that each comes from."""

    documents: list[Document] = field(factory=list)
    generation: list[Generation] = field(factory=list)
    unchanged: list[Generation] = field(factory=list)
    growth: list[Generation] = field(factory=list)
    small: list[Generation] = field(factory=list)
    imports: list[Start] = field(factory=list)
    codec: list[Ratio] = field(factory=list)
    request: list[Ratio] = field(factory=list)
    start: list[Start] = field(factory=list)
    notes: dict[str, list[str]] = field(factory=dict)
    environment: dict[str, dict[str, str]] = field(factory=dict)


_ROWS: dict[str, type[Any]] = {
    "documents": Document,
    "generation": Generation,
    "unchanged": Generation,
    "growth": Generation,
    "small": Generation,
    "imports": Start,
    "codec": Ratio,
    "request": Ratio,
    "start": Start,
}


def read(path: Path) -> Figures:
    """The figures of earlier runs; empty if there is no file."""
    figures = Figures()
    if not path.is_file():
        return figures
    data = json.loads(path.read_text(encoding="utf-8"))
    for name, kind in _ROWS.items():
        setattr(figures, name, [kind(**row) for row in data.get(name, [])])
    figures.notes = data.get("notes", {})
    figures.environment = data.get("environment", {})
    return figures


def write(figures: Figures, path: Path) -> None:
    data = asdict(figures, filter=lambda attribute, _: attribute.name != "path")
    text = json.dumps(_rounded(data), indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
