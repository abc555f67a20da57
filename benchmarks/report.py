"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.budgets import Verdict, verdicts
from benchmarks.figures import DCG, OPC, OURS, Document, Figures, Generation, Ratio, Start

_STAGES = (
    "start",
    "source",
    "openapi",
    "schema",
    "plan",
    "render",
    "format",
    "verify",
    "write",
    "rest",
)


def report(figures: Figures) -> str:
    """RESULTS.md."""
    parts = [
        "# Results",
        (
            "`python -m benchmarks` writes this file; the modules beside it say what is measured, and how.\n"
            "CPU seconds are user and system time of a process and its children; memory is the peak of all its processes\n"
            "together. Ratios can be compared between machines, seconds cannot."
        ),
        _environments(figures),
        "## Budgets",
        _budgets(verdicts(figures)),
        "![Figures as a plot](results.svg)",
        "## Generation",
        (
            "First runs into an empty folder, by the size of the document. `x` is CPU in terms of orcagen's. `functions` is the\n"
            "number of generated operations; datamodel-code-generator generates all of them or fails."
        ),
        _generation(figures),
        _errors(figures),
        (
            "orcagen on the largest document: a first run, and one on the unchanged document; medians of five, measured in turn:"
        ),
        _unchanged(figures),
        (
            "CPU seconds of another first run of orcagen by stage (`start` is Python and its imports):"
        ),
        _stages(figures),
        "## Growth",
        "Parts of GitHub's document: some of its paths, with the schemas that they refer to. CPU per item in milliseconds.",
        _growth(figures),
        "## Import",
        (
            "CPU time and modules beyond those of the bare interpreter, with byte code in place. httpx imports rich and click if\n"
            "they are installed, as they are here."
        ),
        _starts(figures.imports),
        "## Decode and encode",
        (
            "A task is 1.5 kB of six nested objects, the records are 5 kB. Each figure includes the text: `json.loads` or `json.dumps`, but for\n"
            "msgspec's and pydantic's own."
        ),
        _ratios(figures.codec, 1),
        "## One request",
        (
            "GET with a bearer token, from bytes to a model; the base is the HTTP library alone, from bytes to `response.json()`.\n"
            "The server is another process on the loopback interface, or MockTransport. CPU of the client's process."
        ),
        _ratios(figures.request, 0),
        "## Command lines",
        "Whole processes, with the start of the interpreter.",
        _starts(figures.start),
        _notes(figures),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table whose first `left` columns are text and the others numbers."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    rule = "|" + "---|" * left + "---:|" * (len(head) - left)
    return "\n".join([f"| {' | '.join(head)} |", rule, *lines]) if lines else "Not measured."


_EACH = (
    "command",
    "date",
    "revision",
    "load",
)  # may differ between measurements; the other values are mostly the same


def _environments(figures: Figures) -> str:
    rows = [
        (name, *(environment.get(k, "") for k in _EACH))
        for name, environment in figures.environment.items()
    ]
    shared: dict[str, list[str]] = {}
    for name, environment in figures.environment.items():
        text = ", ".join(f"{k} {v}" for k, v in environment.items() if k not in _EACH)
        shared.setdefault(text, []).append(name)
    lines = [
        f"{text}." if len(shared) == 1 else f"- {', '.join(names)}: {text}"
        for text, names in shared.items()
    ]
    return "\n".join(lines) + "\n\n" + _table(("measured", *_EACH), rows, len(_EACH) + 1)


def _budgets(results: list[Verdict]) -> str:
    def cell(verdict: Verdict, peer: str) -> str:
        value = verdict.peers.get(peer)
        if value is None or isinstance(value, str):
            return value or ""
        times = f" ({value / verdict.figure:.1f} x orcagen's)" if verdict.figure else ""
        return _number(value, verdict.unit) + times

    rows = [
        (
            v.what,
            _number(v.limit, v.unit),
            "" if v.figure is None else _number(v.figure, v.unit),
            v.text if v.met is not False else f"**{v.text}**",
            cell(v, OPC),
            cell(v, DCG),
        )
        for v in results
    ]
    return _table(("what", "at most", "orcagen", "", OPC, DCG), rows)


def _number(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if value >= 100 or unit == "" else f"{value:.3g}"
    return f"{digits} {unit}".strip()


def _generation(figures: Figures) -> str:
    documents = {d.name: d for d in figures.documents}
    ours = {
        r.document: r.cpu
        for r in (*figures.small, *figures.generation)
        if (r.tool, r.run) == (OURS, "first")
    }
    rows = [
        _generation_row(row, documents[row.document], ours.get(row.document))
        for row in (*figures.small, *figures.generation)
        if row.run == "first" and row.document in documents
    ]
    head = ("document", "generator", "CPU s", "x", "MiB", "files", "lines", "kB", "functions")
    return _table(head, rows, 2)


def _generation_row(row: Generation, document: Document, ours: float | None) -> tuple[str, ...]:
    size = f"{document.size / 1000:,.0f} kB"
    name = f"{row.document} ({size}, {document.operations} operations, {document.schemas} schemas)"
    ratio = f"{row.cpu / ours:.1f}" if ours and row.tool != OURS else ""
    first = (name if row.tool == OURS else "", row.tool)
    spent = (f"{row.cpu:.2f}", ratio, f"{row.peak:.0f}")
    if row.error:
        return (*first, *spent, "failed", "", "", "")
    functions = "" if row.operations is None else str(row.operations)
    return (
        *first,
        *spent,
        f"{row.files:,}",
        f"{row.lines:,}",
        f"{row.size / 1000:,.0f}",
        functions,
    )


def _errors(figures: Figures) -> str:
    lines = [
        f"- {r.document}, {r.tool}: {_plain(r.error)}"
        for r in (*figures.small, *figures.generation)
        if r.error
    ]
    return "Error messages:\n\n" + "\n".join(lines) if lines else ""


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("{", "\\{")


def _unchanged(figures: Figures) -> str:
    rows = [
        (
            r.document,
            r.run,
            f"{r.cpu:.2f}",
            f"{r.cpu / figures.unchanged[0].cpu:.3f}",
            f"{r.files_written}",
        )
        for r in figures.unchanged
    ]
    return _table(("document", "run", "CPU s", "of the first", "files written"), rows, 2)


def _stages(figures: Figures) -> str:
    rows = [
        (
            r.document,
            *(f"{r.stages.get(s, 0):.2f}" for s in _STAGES),
            f"{sum(r.stages.values()):.2f}",
        )
        for r in (*figures.small, *figures.generation)
        if r.stages
    ]
    return _table(("document", *_STAGES, "sum"), rows)


def _growth(figures: Figures) -> str:
    documents = {d.name: d for d in figures.documents}
    whole = [r for r in figures.generation if (r.document, r.run) == ("github", "first")]
    peers = [r for r in whole if r.tool != OURS]
    rows = []
    for tool in (OURS, OPC, DCG):
        for row in (*figures.growth, *peers):
            if row.tool != tool or row.document not in documents:
                continue
            d = documents[row.document]
            each = [f"{row.cpu * 1000 / n:.2f}" for n in (d.operations, d.schemas, d.size / 1e6)]
            end = (
                [f"{row.cpu:.2f}", *each]
                if not row.error
                else [f"{row.cpu:.2f}, failed", "", "", ""]
            )
            rows.append((tool, f"{d.size / 1e6:.1f} MB", str(d.operations), str(d.schemas), *end))
    head = (
        "generator",
        "document",
        "operations",
        "schemas",
        "CPU s",
        "per operation",
        "per schema",
        "per MB",
    )
    return _table(head, rows)


def _starts(rows: list[Start]) -> str:
    cells = [(r.what, r.tool, f"{r.ms:.1f}", str(r.modules)) for r in rows]
    return _table(("what", "generator", "CPU ms", "modules"), cells, 2)


def _ratios(rows: list[Ratio], digits: int) -> str:
    cells = [
        (
            r.what,
            r.subject,
            f"{r.us:.{digits}f}",
            f"{r.base}: {r.base_us:.{digits}f}",
            f"{r.ratio:.2f}",
        )
        for r in rows
    ]
    return _table(("what", "generator", "CPU µs", "base", "ratio"), cells, 2)


def _notes(figures: Figures) -> str:
    lines = [f"- {name}: {_plain(text)}" for name, notes in figures.notes.items() for text in notes]
    return "## Notes\n\n" + "\n".join(lines) if lines else ""
