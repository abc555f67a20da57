"""The budgets, and whether the figures meet them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from benchmarks import codec, imports, request
from benchmarks.figures import DCG, OPC, OURS, Figures, Generation, Ratio, Start

# In terms of openapi-python-client's CPU time in the same run.
GITHUB_CPU, OPENAI_CPU = 0.22, 0.30
GITHUB_MIB, GITHUB_LINES = 200, 155_000
SMALL_SECONDS, SMALL_KB = 0.5, 90
UNCHANGED_SECONDS = 0.3
# CPU per MB of the whole document in terms of that of a tenth of it.
GROWTH = 1.3
MODEL_MS = 20.0  # beyond `import attrs`
HELP = 4.0  # times `python -c pass`
DECODE, ENCODE, REQUEST = 3.0, 2.0, 1.15  # times json.loads, json.dumps, the HTTP library
_PEERS = (OPC, DCG)


@frozen
class Verdict:
    """A budget, our figure and those of the other generators; None where there is none. At most `limit` meets it."""

    what: str
    limit: float
    unit: str
    figure: float | None
    peers: dict[str, float | str | None]

    @property
    def met(self) -> bool | None:
        return None if self.figure is None else self.figure <= self.limit

    @property
    def text(self) -> str:
        """The word "met", or by which part of the limit it is missed."""
        if self.figure is None:
            return "not measured"
        if self.met:
            return "met"
        excess = self.figure / self.limit - 1
        return f"missed by {excess:.0%}" if excess >= 0.1 else f"missed by {excess:.1%}"


def verdicts(figures: Figures) -> list[Verdict]:
    """One for each budget."""
    return [
        *_generation_verdicts(figures),
        _growth_verdict(figures),
        *_start_verdicts(figures),
        *_ratio_verdicts(figures),
    ]


def _generation_verdicts(figures: Figures) -> Iterator[Verdict]:
    first = {
        (r.document, r.tool): r for r in (*figures.small, *figures.generation) if r.run == "first"
    }

    def verdict(
        document: str, what: str, limit: float, unit: str, value: Callable[[Generation], float]
    ) -> Verdict:
        own = first.get((document, OURS))
        peers: dict[str, float | str | None] = {}
        for peer in _PEERS:
            row = first.get((document, peer))
            peers[peer] = None if row is None else "failed" if row.error else value(row)
        return Verdict(what, limit, unit, value(own) if own and not own.error else None, peers)

    def relative_cpu(document: str, what: str, limit: float) -> Verdict:
        own, peer = first.get((document, OURS)), first.get((document, OPC))
        usable = own and peer and not own.error and not peer.error
        figure = own.cpu / peer.cpu if usable and own and peer else None
        return Verdict(f"{what}, CPU in terms of {OPC}", limit, "x", figure, {})

    yield relative_cpu("github", "GitHub's document", GITHUB_CPU)
    yield verdict("github", "GitHub's document, peak memory", GITHUB_MIB, "MiB", lambda r: r.peak)
    yield verdict("github", "GitHub's document, lines", GITHUB_LINES, "", lambda r: r.lines)
    yield relative_cpu("openai", "OpenAI's document", OPENAI_CPU)
    yield verdict("small", "five operations, CPU", SMALL_SECONDS, "s", lambda r: r.cpu)
    yield verdict("small", "five operations, size", SMALL_KB, "kB", lambda r: r.size / 1000)
    second = [r.cpu for r in figures.unchanged if (r.document, r.run) == ("github", "second")]
    what = "GitHub's document unchanged, CPU"
    yield Verdict(what, UNCHANGED_SECONDS, "s", second[0] if second else None, {})


def _growth_verdict(figures: Figures) -> Verdict:
    ratios = {tool: cpu_growth(figures, tool) for tool in (OURS, *_PEERS)}
    peers: dict[str, float | str | None] = {peer: ratios[peer] for peer in _PEERS}
    return Verdict("CPU per MB, GitHub's document to a tenth", GROWTH, "x", ratios[OURS], peers)


def cpu_growth(figures: Figures, tool: str) -> float | None:
    """CPU per byte on GitHub's document, in terms of CPU per byte on a tenth of it."""
    size = {d.name: d.size for d in figures.documents}
    rows = [r for r in (*figures.generation, *figures.growth) if r.tool == tool and not r.error]
    cpu = {r.document: r.cpu for r in rows if r.run == "first"}
    if "github" not in cpu or "github_10" not in cpu:
        return None
    return cpu["github"] / size["github"] / (cpu["github_10"] / size["github_10"])


def _start_verdicts(figures: Figures) -> Iterator[Verdict]:
    def milliseconds(rows: list[Start], what: str, tool: str) -> float | None:
        return next((r.ms for r in rows if (r.what, r.tool) == (what, tool)), None)

    attrs = milliseconds(figures.imports, "import attrs", "")

    def beyond_attrs(tool: str) -> float | None:
        model = milliseconds(figures.imports, f"github: {imports.MODEL}", tool)
        return None if model is None or attrs is None else model - attrs

    peers: dict[str, float | str | None] = {peer: beyond_attrs(peer) for peer in _PEERS}
    what = "import of one model of GitHub's, beyond attrs"
    yield Verdict(what, MODEL_MS, "ms", beyond_attrs(OURS), peers)
    python = milliseconds(figures.start, "python -c pass", "")
    command = milliseconds(figures.start, "orcarouter --help", "")
    ratio = command / python if command is not None and python else None
    yield Verdict("`orcarouter --help` to `python -c pass`", HELP, "x", ratio, {})


def _ratio_verdicts(figures: Figures) -> Iterator[Verdict]:
    def verdict(rows: list[Ratio], name: str, what: str, limit: float) -> Verdict:
        ratios = {r.subject.partition(" (")[0]: r.ratio for r in rows if r.what == name}
        # What generated clients do by themselves; the rows with msgspec are in the table.
        return Verdict(what, limit, "x", ratios.get(OURS), {p: ratios.get(p) for p in _PEERS})

    yield verdict(figures.codec, f"decode: {codec.RECORDS}", "decode to `json.loads`", DECODE)
    yield verdict(figures.codec, f"encode: {codec.RECORDS}", "encode to `json.dumps`", ENCODE)
    for library in ("httpx", "httpx2"):
        name = f"sync, {library}, {request.LOOPBACK}"
        yield verdict(figures.request, name, f"one request to bare {library}", REQUEST)
