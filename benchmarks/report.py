"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.budgets import REFERENCE_CPU, Verdict, growth, verdicts
from benchmarks.figures import DCG, OPC, OURS, Document, Figures, Generation, Ratio, Start

_STAGES = (
    "start",
    "load",
    "document",
    "types",
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
            "`python -m benchmarks` writes this file; what is measured, and how, stands in the modules beside it.\n"
            "CPU seconds are user and system time of the process and its children; memory is the largest sum over its\n"
            "processes. Ratios hold between machines, seconds do not."
        ),
        _about(figures),
        "## Budgets",
        _speed(figures),
        _budgets(verdicts(figures)),
        "![Figures as a plot](results.svg)",
        "## Generation",
        (
            "First runs into an empty folder, by the size of the document. `x` is CPU in terms of ours. `functions` are the\n"
            "operations that came out; datamodel-code-generator gives all or refuses the document."
        ),
        _generation(figures),
        _refusals(figures),
        (
            "Ours on the largest document: first, again on the unchanged one, and after three changes (a description, a parameter,\n"
            "a property); by turns, medians of five:"
        ),
        _again(figures),
        (
            "CPU seconds of a further first run of ours by stage (`start` is Python and its imports; `format` is black on the\n"
            "files that may need it):"
        ),
        _stages(figures),
        "## Growth",
        "GitHub's document cut by paths to parts of its size, with the schemas that they reach. CPU per piece in milliseconds.",
        _growth(figures),
        _beyond(figures),
        "## Import",
        (
            "CPU and modules beyond what a bare interpreter loads; byte code is there. httpx finds rich and click in this\n"
            "environment and loads them, for all who load httpx."
        ),
        _starts(figures.imports),
        "## Decode and encode",
        (
            "1.5 kB, six objects inside each other. `json.loads` and `json.dumps` are part of each figure but pydantic's,\n"
            "which has its own parser."
        ),
        _ratios(figures.codec, 1),
        "## One request",
        (
            "GET with a bearer token: bytes to a model, against bytes to `response.json()` on the bare library. Against a\n"
            "server on the loopback in a process of its own, and against MockTransport. CPU of the client's process."
        ),
        _ratios(figures.request, 0),
        "## Command lines",
        "Whole processes, the interpreter included.",
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
)  # facts of one measurement; the others mostly hold for all


def _about(figures: Figures) -> str:
    rows = [(name, *(about.get(k, "") for k in _EACH)) for name, about in figures.about.items()]
    shared: dict[str, list[str]] = {}
    for name, about in figures.about.items():
        text = ", ".join(f"{k} {v}" for k, v in about.items() if k not in _EACH)
        shared.setdefault(text, []).append(name)
    lines = [
        f"{text}." if len(shared) == 1 else f"- {', '.join(names)}: {text}"
        for text, names in shared.items()
    ]
    return "\n".join(lines) + "\n\n" + _table(("measured", *_EACH), rows, len(_EACH) + 1)


def _speed(figures: Figures) -> str:
    cpu = next((r.cpu for r in figures.generation if (r.tool, r.document) == (OPC, "github")), None)
    if cpu is None:
        return ""
    return (
        f"The seconds were set where openapi-python-client takes {REFERENCE_CPU:.0f} s for GitHub's document. Here it takes"
        f" {cpu:.1f} s:\nto compare with a budget in seconds, multiply by {REFERENCE_CPU / cpu:.2f}."
    )


def _budgets(found: list[Verdict]) -> str:
    def cell(verdict: Verdict, peer: str) -> str:
        value = verdict.peers.get(peer)
        if value is None or isinstance(value, str):
            return value or ""
        times = f" ({value / verdict.figure:.1f} x ours)" if verdict.figure else ""
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
        for v in found
    ]
    return _table(("what", "at most", "ours", "", OPC, DCG), rows)


def _number(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if value >= 100 or unit == "" else f"{value:.3g}"
    return f"{digits} {unit}".strip()


def _generation(figures: Figures) -> str:
    about = {d.name: d for d in figures.documents}
    ours = {
        r.document: r.cpu
        for r in (*figures.small, *figures.generation)
        if (r.tool, r.run) == (OURS, "first")
    }
    rows = [
        _made(row, about[row.document], ours.get(row.document))
        for row in (*figures.small, *figures.generation)
        if row.run == "first" and row.document in about
    ]
    head = ("document", "generator", "CPU s", "x", "MiB", "files", "lines", "kB", "functions")
    return _table(head, rows, 2)


def _made(row: Generation, document: Document, ours: float | None) -> tuple[str, ...]:
    size = f"{document.size / 1000:,.0f} kB"
    name = f"{row.document} ({size}, {document.operations} operations, {document.schemas} schemas)"
    ratio = f"{row.cpu / ours:.1f}" if ours and row.tool != OURS else ""
    first = (name if row.tool == OURS else "", row.tool)
    spent = (f"{row.cpu:.2f}", ratio, f"{row.peak:.0f}")
    if row.refusal:
        return (*first, *spent, "refused", "", "", "")
    functions = "" if row.operations is None else str(row.operations)
    return (
        *first,
        *spent,
        f"{row.files:,}",
        f"{row.lines:,}",
        f"{row.size / 1000:,.0f}",
        functions,
    )


def _refusals(figures: Figures) -> str:
    lines = [
        f"- {r.document}, {r.tool}: {_plain(r.refusal)}"
        for r in (*figures.small, *figures.generation)
        if r.refusal
    ]
    return "What they say where they refuse:\n\n" + "\n".join(lines) if lines else ""


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("{", "\\{")


def _again(figures: Figures) -> str:
    rows = [
        (r.document, r.run, f"{r.cpu:.2f}", f"{r.cpu / figures.again[0].cpu:.3f}", f"{r.written}")
        for r in figures.again
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
    about = {d.name: d for d in figures.documents}
    whole = [r for r in figures.generation if (r.document, r.run) == ("github", "first")]
    peers = [r for r in whole if r.tool != OURS]
    rows = []
    for tool in (OURS, OPC, DCG):
        for row in (*figures.growth, *peers):
            if row.tool != tool or row.document not in about:
                continue
            d = about[row.document]
            each = [f"{row.cpu * 1000 / n:.2f}" for n in (d.operations, d.schemas, d.size / 1e6)]
            end = (
                [f"{row.cpu:.2f}", *each]
                if not row.refusal
                else [f"{row.cpu:.2f}, refused", "", "", ""]
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


def _beyond(figures: Figures) -> str:
    """The growth without what every run costs, taken from the document of five operations."""
    fixed = next((r.cpu for r in figures.small if r.tool == OURS), None)
    found = [growth(figures, OURS, count, fixed or 0) for count in ("operation", "schema")]
    if fixed is None or found[0] is None or found[1] is None:
        return ""
    return (
        f"Less the {fixed:.2f} s that ours takes for five operations, the whole costs {found[0]:.2f} times what the tenth\n"
        f"does per operation, {found[1]:.2f} times per schema."
    )


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
    return _table(("what", "who", "CPU µs", "base", "ratio"), cells, 2)


def _notes(figures: Figures) -> str:
    lines = [f"- {name}: {_plain(note)}" for name, notes in figures.notes.items() for note in notes]
    return "## Notes\n\n" + "\n".join(lines) if lines else ""
