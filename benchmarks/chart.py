"""The figures as an SVG: generation by the size of the document, imports, decoding, and requests."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from attrs import frozen

from benchmarks import budgets, codec, imports, request
from benchmarks.figures import DCG, OPC, OURS, Figures, Generation

WIDTH, HEIGHT = 1120, 900
_COLOURS = {OURS: "#0072b2", OPC: "#d55e00", DCG: "#009e73"}  # distinct to the colour-blind
_DASHED = 'stroke="#222222" stroke-dasharray="5 3"'
_INK, _GRID, _MUTED = "#222222", "#dddddd", "#666666"


@frozen
class Panel:
    """A plot at a position in pixels; `xs` and `ys` are the values at its edges. Both axes are logarithmic."""

    left: float
    top: float
    width: float
    height: float
    xs: tuple[float, float]
    ys: tuple[float, float]

    def x(self, value: float) -> float:
        return self.left + self.width * _fraction(value, self.xs)

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - _fraction(value, self.ys))


def _fraction(value: float, edges: tuple[float, float]) -> float:
    low, high = map(math.log10, edges)
    return (math.log10(value) - low) / (high - low)


def chart(figures: Figures) -> str:
    """results.svg."""
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            f'font-size="13" fill="{_INK}">'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_legend(),
        *_scatter(figures, 80, "CPU to generate (s)", lambda r: r.cpu, failures=True),
        *_scatter(figures, 640, "Python generated (lines)", lambda r: r.lines, failures=False),
        *_dots(
            80,
            "Import, GitHub's document (CPU ms)",
            "ms",
            _imports(figures),
            _import_limits(figures),
        ),
        *_dots(
            640,
            "CPU in terms of json, of the HTTP library alone",
            "ratio",
            _ratios(figures),
            _RATIO_LIMITS,
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _legend() -> list[str]:
    out, x = [], 80
    for tool, colour in _COLOURS.items():
        out += [_mark(tool, x, 26), _text(x + 12, 31, tool, fill=colour)]
        x += 200
    out.append(f'<path d="M{x} 20l10 12m0 -12l-10 12" stroke="{_MUTED}" stroke-width="1.6"/>')
    out.append(_text(x + 16, 31, "failed on the document", fill=_MUTED))
    out.append(f'<path d="M{x + 190} 26h22" {_DASHED}/>')
    return [*out, _text(x + 218, 31, "budget")]


def _scatter(
    figures: Figures,
    left: float,
    title: str,
    value: Callable[[Generation], float],
    *,
    failures: bool,
) -> list[str]:
    size = {d.name: d.size / 1e6 for d in figures.documents}
    rows = [
        r
        for r in (*figures.small, *figures.generation)
        if r.run == "first" and r.document in size and (failures or not r.error)
    ]
    if not rows:
        return []
    cpu = {r.document: r.cpu for r in rows if r.tool == OPC and not r.error}
    sizes = [size[r.document] for r in rows]
    xs = (_edges(sizes)[0], 1.6 * max(sizes))
    panel = Panel(left, 80, 440, 350, xs, _edges([value(r) for r in rows]))
    out = [
        _text(left, 66, title, weight="bold"),
        *_grid(panel),
        *_budgets(panel, not failures, cpu, size),
    ]
    out.append(_text(left + 220, 472, "size of the document (MB)", anchor="middle"))
    for tool in _COLOURS:
        points = sorted((size[r.document], value(r), bool(r.error)) for r in rows if r.tool == tool)
        line = " ".join(
            f"{panel.x(x):.1f},{panel.y(y):.1f}" for x, y, failed in points if not failed
        )
        out.append(
            f'<polyline points="{line}" fill="none" stroke="{_COLOURS[tool]}" stroke-opacity="0.45"/>'
        )
        for x, y, failed in points:
            out.append(_mark(tool, panel.x(x), panel.y(y), failed))
    for name in {r.document for r in rows} & {"small", "openai", "github"}:
        x = max(panel.x(size[name]), panel.left + 18)
        out.append(_text(x, 80 + 344, name, anchor="middle", fill=_MUTED, size=11))
    return out


def _edges(values: Sequence[float]) -> tuple[float, float]:
    """Whole powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def _grid(panel: Panel) -> list[str]:
    right, bottom = panel.left + panel.width, panel.top + panel.height
    out = [
        (
            f'<rect x="{panel.left}" y="{panel.top}" width="{panel.width}" height="{panel.height}" '
            f'fill="none" stroke="{_MUTED}"/>'
        )
    ]
    for value in _ticks(panel.xs):
        x = panel.x(value)
        out.append(f'<path d="M{x:.1f} {panel.top}V{bottom}" stroke="{_GRID}"/>')
        out.append(_text(x, bottom + 18, _short(value), anchor="middle"))
    for value in _ticks(panel.ys):
        y = panel.y(value)
        out.append(f'<path d="M{panel.left} {y:.1f}H{right}" stroke="{_GRID}"/>')
        out.append(_text(panel.left - 8, y + 4, _short(value), anchor="end"))
    return out


def _budgets(
    panel: Panel, lines: bool, peer_cpu: dict[str, float], size: dict[str, float]
) -> list[str]:
    """The budgets at the sizes of their documents. `peer_cpu` is that of openapi-python-client, by document."""
    relative = {"github": budgets.GITHUB_CPU, "openai": budgets.OPENAI_CPU}
    limits: dict[str, float] = (
        {"github": budgets.GITHUB_LINES}
        if lines
        else {name: part * peer_cpu[name] for name, part in relative.items() if name in peer_cpu}
    )
    return [
        f'<path d="M{panel.x(size[name]) - 13:.1f} {panel.y(limit):.1f}h26" {_DASHED}/>'
        for name, limit in limits.items()
        if name in size and panel.ys[0] <= limit <= panel.ys[1]
    ]


@frozen
class Dot:
    """A value of a generator, drawn on the line `label`."""

    label: str
    tool: str
    value: float


_RATIO_LIMITS = {
    "decode": budgets.DECODE,
    "encode": budgets.ENCODE,
    "request, httpx": budgets.REQUEST,
    "request, httpx2": budgets.REQUEST,
}


def _import_limits(figures: Figures) -> dict[str, float]:
    """The budget of one model counts from `import attrs`."""
    attrs = [row.ms for row in figures.imports if row.what == "import attrs"]
    return {"one model": attrs[0] + budgets.MODEL_MS} if attrs else {}


def _imports(figures: Figures) -> list[Dot]:
    labels = {
        imports.PACKAGE: "package",
        imports.MODELS: "models",
        imports.MODEL: "one model",
        imports.LARGEST: "largest model",
        imports.API: "largest api module",
    }
    ours = [
        Dot(label, row.tool, row.ms)
        for name, label in labels.items()
        for row in figures.imports
        if row.what == f"github: {name}"
    ]
    bare = [
        Dot(r.what.removeprefix("import "), "", r.ms)
        for r in figures.imports
        if not r.tool and r.what.startswith("import ")
    ]
    return ours + bare if ours else []


def _ratios(figures: Figures) -> list[Dot]:
    labels = {
        f"decode: {codec.RECORDS}": "decode",
        f"encode: {codec.RECORDS}": "encode",
        f"sync, httpx, {request.LOOPBACK}": "request, httpx",
        f"async, httpx, {request.LOOPBACK}": "async, httpx",
        f"sync, httpx2, {request.LOOPBACK}": "request, httpx2",
        f"async, httpx2, {request.LOOPBACK}": "async, httpx2",
    }
    return [
        Dot(label, row.subject.partition(" ")[0], row.ratio)
        for name, label in labels.items()
        for row in (*figures.codec, *figures.request)
        if row.what == name
    ]


def _dots(
    left: float, title: str, unit: str, rows: list[Dot], limits: dict[str, float]
) -> list[str]:
    """One line of points for each label. The axis is logarithmic, so there are no bars, which would begin at zero."""
    if not rows:
        return []
    edges = _edges([dot.value for dot in rows]) if unit == "ms" else (0.25, 16.0)
    panel = Panel(left + 90, 550, 350, 290, edges, (1, 10))
    labels = list(dict.fromkeys(dot.label for dot in rows))
    step = panel.height / len(labels)
    bottom = panel.top + panel.height
    out = [_text(left, 534, title, weight="bold")]
    for value in _ticks(edges) if unit == "ms" else [0.25, 0.5, 1, 2, 4, 8, 16]:
        x = panel.x(value)
        out.append(f'<path d="M{x:.1f} {panel.top}V{bottom}" stroke="{_GRID}"/>')
        out.append(_text(x, bottom + 18, _short(value), anchor="middle"))
    out.append(_text(panel.left + panel.width / 2, bottom + 40, unit, anchor="middle"))
    for i, label in enumerate(labels):
        y = panel.top + step * (i + 0.5)
        out.append(f'<path d="M{panel.left} {y:.1f}h{panel.width}" stroke="{_GRID}"/>')
        out.append(_text(panel.left - 8, y + 4, label, anchor="end", size=12))
        if label in limits:
            out.append(f'<path d="M{panel.x(limits[label]):.1f} {y - 12:.1f}v24" {_DASHED}/>')
        for dot in rows:
            if dot.label == label:
                x = panel.x(min(max(dot.value, edges[0]), edges[1]))
                out.append(_mark(dot.tool, x, y))
    return out


def _ticks(edges: tuple[float, float]) -> list[float]:
    low, high = math.ceil(math.log10(edges[0]) - 1e-9), math.floor(math.log10(edges[1]) + 1e-9)
    return [10.0**power for power in range(low, high + 1)]


def _short(value: float) -> str:
    return (
        f"{value / 1e6:g}M"
        if value >= 1e6
        else f"{value / 1e3:g}k"
        if value >= 1e3
        else f"{value:g}"
    )


def _mark(tool: str, x: float, y: float, failed: bool = False) -> str:
    """Circle, square or triangle by generator; a cross for a failure, a hollow circle for what has no generator."""
    colour = _COLOURS.get(tool, _INK)
    if failed:
        return f'<path d="M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10" stroke="{colour}" stroke-width="1.8"/>'
    if tool == OPC:
        return f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9" fill="{colour}"/>'
    if tool == DCG:
        return f'<path d="M{x:.1f} {y - 6:.1f}l5.5 10h-11z" fill="{colour}"/>'
    fill = colour if tool == OURS else "#ffffff"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="{colour}"/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    fill: str = _INK,
    size: int = 13,
    weight: str = "normal",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" font-size="{size}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )
