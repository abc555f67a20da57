"""The budgets, and what the figures say to each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from benchmarks import codec, imports, request
from benchmarks.figures import DCG, OPC, OURS, Figures, Generation, Ratio, Start

# Seconds, MiB, lines and kB unless said otherwise.
GITHUB_SECONDS, GITHUB_MIB, GITHUB_LINES = 10.0, 300, 250_000
OPENAI_SECONDS = 4.0
SMALL_SECONDS, SMALL_KB = 0.6, 60
SECOND_SECONDS = 0.5
CHANGED = 0.1  # of the first run
GROWTH = 1.5  # of the same on a tenth of the document
PACKAGE_MS, MODEL_MS, HELP_MS = 30.0, 60.0, 150.0
DECODE, REQUEST = 1.7, 1.15  # times `json.loads`, times the bare library
# What openapi-python-client takes on GitHub's document where the budgets were set.
REFERENCE_CPU = 20.0
_PEERS = (OPC, DCG)


@frozen
class Verdict:
    """A budget, our figure and those of the peers; None where there is no figure. At most `limit` meets it."""

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
        """Met, or missed by how much of the limit."""
        if self.figure is None:
            return "not measured"
        over = self.figure / self.limit - 1
        return (
            "met"
            if self.met
            else f"missed by {over:.0%}"
            if over >= 0.1
            else f"missed by {over:.1%}"
        )


def verdicts(figures: Figures) -> list[Verdict]:
    """All of them, in the order of the design."""
    return [*_generation(figures), *_growth(figures), *_starts(figures), *_ratios(figures)]


def _generation(figures: Figures) -> Iterator[Verdict]:
    def one(
        document: str, what: str, limit: float, unit: str, value: Callable[[Generation], float]
    ) -> Verdict:
        rows = figures.small if document == "small" else figures.generation
        found = {r.tool: r for r in rows if (r.document, r.run) == (document, "first")}
        own = found.get(OURS)
        peers = {
            peer: (
                None
                if (row := found.get(peer)) is None
                else "refused"
                if row.refusal
                else value(row)
            )
            for peer in _PEERS
        }
        return Verdict(what, limit, unit, value(own) if own and not own.refusal else None, peers)

    yield one("github", "GitHub's document, CPU", GITHUB_SECONDS, "s", lambda r: r.cpu)
    yield one("github", "GitHub's document, peak memory", GITHUB_MIB, "MiB", lambda r: r.peak)
    yield one("github", "GitHub's document, lines of Python", GITHUB_LINES, "", lambda r: r.lines)
    yield one("openai", "OpenAI's document, CPU", OPENAI_SECONDS, "s", lambda r: r.cpu)
    yield one("small", "five operations, CPU", SMALL_SECONDS, "s", lambda r: r.cpu)
    yield one("small", "five operations, Python", SMALL_KB, "kB", lambda r: r.size / 1000)
    runs = {r.run: r for r in figures.again if r.document == "github"}
    second, first, changed = runs.get("second"), runs.get("first"), runs.get("changed")
    yield Verdict("GitHub's, second run", SECOND_SECONDS, "s", second.cpu if second else None, {})
    share = changed.cpu / first.cpu if changed and first else None
    yield Verdict("GitHub's, three places changed, part of the first run", CHANGED, "x", share, {})


def _growth(figures: Figures) -> Iterator[Verdict]:
    for count in ("operation", "schema"):
        found = {tool: growth(figures, tool, count) for tool in (OURS, *_PEERS)}
        peers: dict[str, float | str | None] = {peer: found[peer] for peer in _PEERS}
        what = f"CPU per {count}, GitHub's against a tenth of it"
        yield Verdict(what, GROWTH, "x", found[OURS], peers)


def growth(figures: Figures, tool: str, count: str, fixed: float = 0) -> float | None:
    """CPU per operation or schema on the whole document, in terms of that on the tenth; `fixed` is taken off both."""
    holds = {d.name: d.operations if count == "operation" else d.schemas for d in figures.documents}
    rows = [r for r in (*figures.generation, *figures.growth) if r.tool == tool and not r.refusal]
    cpu = {r.document: r.cpu - fixed for r in rows if r.run == "first"}
    if "github" not in cpu or "github_10" not in cpu:
        return None
    return cpu["github"] / holds["github"] / (cpu["github_10"] / holds["github_10"])


def _starts(figures: Figures) -> Iterator[Verdict]:
    def one(rows: list[Start], name: str, what: str, limit: float) -> Verdict:
        found = {r.tool: r.ms for r in rows if r.what == name}
        own = found.get(OURS, found.get(""))
        return Verdict(what, limit, "ms", own, {peer: found.get(peer) for peer in _PEERS})

    for name, what, limit in (
        (imports.PACKAGE, "import of GitHub's package", PACKAGE_MS),
        (imports.MODELS, "import of its models", PACKAGE_MS),
        (imports.MODEL, "import of one model of GitHub's", MODEL_MS),
        (imports.LARGEST, "import of the largest model of GitHub's", MODEL_MS),
    ):
        yield one(figures.imports, f"github: {name}", what, limit)
    yield one(figures.start, "orcarouter --help", "`orcarouter --help`", HELP_MS)


def _ratios(figures: Figures) -> Iterator[Verdict]:
    def one(rows: list[Ratio], name: str, what: str, limit: float) -> Verdict:
        found = {r.subject.partition(" ")[0]: r.ratio for r in rows if r.what == name}
        return Verdict(what, limit, "x", found.get(OURS), {p: found.get(p) for p in _PEERS})

    decode = f"decode: {codec.PLAIN}"
    yield one(figures.codec, decode, "1.5 kB to models, against `json.loads`", DECODE)
    for library in ("httpx", "httpx2"):
        name = f"sync, {library}, {request.LOOPBACK}"
        yield one(figures.request, name, f"one request, against bare {library}", REQUEST)
