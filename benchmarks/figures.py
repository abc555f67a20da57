"""The figures: what is measured, written and read as JSON."""

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
    """A document and what it holds: bytes, operations, named schemas; `dotted` if names of schemas hold dots.

    `path` is not written: it holds for one machine.
    """

    name: str
    size: int
    operations: int
    schemas: int
    dotted: bool = False
    path: str = ""


@frozen
class Generation:
    """One run of a generator.

    `run` is first, second (the document unchanged) or changed. `refusal` says why there is no output. `operations` is
    how many functions came out, None where that cannot be counted. `stages` are CPU seconds.
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
    written: int | None = None
    refusal: str = ""
    stages: dict[str, float] = field(factory=dict)


@frozen
class Start:
    """What starting something costs: CPU milliseconds and modules beyond what was there before, the median of `runs`."""

    what: str
    tool: str
    ms: float
    modules: int
    runs: int


@frozen
class Ratio:
    """Two ways of doing a thing by turns in one process: CPU microseconds, and the median of the rounds' ratios."""

    what: str
    subject: str
    base: str
    us: float
    base_us: float
    ratio: float
    rounds: int


@define
class Figures:
    """All of them, by measurement, with the day and the versions of the run that each comes from."""

    documents: list[Document] = field(factory=list)
    generation: list[Generation] = field(factory=list)
    again: list[Generation] = field(factory=list)
    growth: list[Generation] = field(factory=list)
    small: list[Generation] = field(factory=list)
    imports: list[Start] = field(factory=list)
    codec: list[Ratio] = field(factory=list)
    request: list[Ratio] = field(factory=list)
    start: list[Start] = field(factory=list)
    notes: dict[str, list[str]] = field(factory=dict)
    about: dict[str, dict[str, str]] = field(factory=dict)


_ROWS: dict[str, type[Any]] = {
    "documents": Document,
    "generation": Generation,
    "again": Generation,
    "growth": Generation,
    "small": Generation,
    "imports": Start,
    "codec": Ratio,
    "request": Ratio,
    "start": Start,
}


def read(path: Path) -> Figures:
    """The figures of former runs; none where there is no file."""
    figures = Figures()
    if not path.is_file():
        return figures
    data = json.loads(path.read_text(encoding="utf-8"))
    for name, kind in _ROWS.items():
        setattr(figures, name, [kind(**row) for row in data.get(name, [])])
    figures.notes = data.get("notes", {})
    figures.about = data.get("about", {})
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
