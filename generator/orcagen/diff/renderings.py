"""A comparison for people and for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from orcagen.diff.findings import LEVELS, Comparison, Finding, Level

_HEADINGS: dict[Level, str] = {
    "breaking": "Breaking changes",
    "additive": "Additions",
    "documentation": "Documentation and wire",
}
_COUNTS: dict[Level, tuple[str, str]] = {
    "breaking": ("breaking change", "breaking changes"),
    "additive": ("addition", "additions"),
    "documentation": (
        "change that callers need not act on",
        "changes that callers need not act on",
    ),
}
_NAMED = 12  # names of one list, where nobody has to act


def as_text(comparison: Comparison) -> str:
    """One sentence for each finding, with its pointers, and a summary."""
    lines = []
    for level in LEVELS:
        if found := comparison.of(level):
            lines.append(f"{_HEADINGS[level]} ({len(found)})")
            for f in found:
                lines += [f"  {f.what}", *(f"    {line}" for line in _pointers(f))]
            lines.append("")
    versions = f"{comparison.title}, {comparison.old} to {comparison.new}"
    return "\n".join([*lines, f"{versions}: {_summary(comparison)}"]) + "\n"


def _pointers(finding: Finding) -> list[str]:
    if finding.old == finding.new:
        return [f"#{finding.old}"] if finding.old else []
    sides = (("old", finding.old), ("new", finding.new))
    return [f"{side} #{pointer}" for side, pointer in sides if pointer]


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The findings as plain data: `level`, `rule`, `what`, `where`, and the pointers `old` and `new`."""
    names = ("level", "rule", "what", "where", "old", "new")
    return {
        "title": comparison.title,
        "old": comparison.old,
        "new": comparison.new,
        "breaking": comparison.breaking,
        "step": comparison.step,
        "counts": {level: len(comparison.of(level)) for level in LEVELS},
        "findings": [{n: getattr(f, n) for n in names} for f in comparison.findings],
    }


def as_markdown(comparison: Comparison) -> str:
    """For a changelog: by level, then by function and model; what several have in common is said once."""
    versions = f"{comparison.title}, {comparison.old} to {comparison.new}"
    summary = _summary(comparison)
    parts = [f"## {versions}", f"{summary[0].upper()}{summary[1:]}"]
    for level in LEVELS:
        if found := comparison.of(level):
            parts.append(f"### {_HEADINGS[level]}")
            for title, lines in _sections(level, found):
                parts += [f"#### {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _summary(comparison: Comparison) -> str:
    counts = [(level, len(comparison.of(level))) for level in LEVELS]
    told = [f"{n} {_COUNTS[level][n != 1]}" for level, n in counts if n]
    if not told:
        return "nothing changes for callers."
    return f"{', '.join(told)}; the next version is a {comparison.step} one."


def _sections(level: Level, found: tuple[Finding, ...]) -> Iterable[tuple[str, list[str]]]:
    most = None if level == "breaking" else _NAMED
    rest = list(found)

    def take(wanted: Callable[[Finding], bool]) -> list[Finding]:
        out = [f for f in rest if wanted(f)]
        rest[:] = [f for f in rest if not wanted(f)]
        return out

    if gone := take(lambda f: f.rule == "function-removed"):
        yield _counted("Removed functions", gone), [f"- `{f.owner}`" for f in gone]
    if came := take(lambda f: f.rule == "function-added"):
        yield _counted("New functions", came), _by_module(came)
    if moved := take(lambda f: f.rule == "function-renamed"):
        yield _counted("Renamed functions", moved), [f"- `{f.owner}` {f.change}" for f in moved]
    described = take(lambda f: f.rule.endswith("-description"))
    if functions := take(lambda f: _root(f) == "api"):
        yield _counted("Changes of functions", functions), _by_owner(functions, most)
    if gone_models := take(lambda f: f.rule == "model-removed"):
        lines = [_outer(gone_models, {f.old for f in gone}, "removed functions")]
        yield _counted("Removed models", gone_models), lines
    if new_models := take(lambda f: f.rule == "model-added"):
        lines = [_outer(new_models, {f.new for f in came}, "new functions")]
        yield _counted("New models", new_models), lines
    if moved := take(lambda f: f.rule == "model-renamed"):
        yield _counted("Renamed models", moved), _by_change(moved)
    if models := take(lambda f: _root(f) == "models"):
        yield _counted("Changes of models", models), _by_owner(models, most)
    if rest:
        yield _counted("The client and the rest", rest), _by_owner(rest, most)
    if described:
        yield _counted("New descriptions", described), _by_change(described, _NAMED)


def _counted(title: str, found: list[Finding]) -> str:
    return f"{title} ({len(found)})"


def _names(names: Iterable[str], most: int | None) -> str:
    """A list of names as code; beyond `most`, only how many more."""
    listed = list(names)
    if most is None or len(listed) <= most + 1:
        return ", ".join(f"`{n}`" for n in listed)
    return ", ".join(f"`{n}`" for n in listed[:most]) + f" and {len(listed) - most} more"


def _outer(found: list[Finding], functions: set[str | None], which: str) -> str:
    """The names of models, without those that stand inside others of them or inside functions."""
    around = functions | {f.new or f.old for f in found}
    shown = []
    for f in found:
        pointer = (f.new or f.old or "").partition("&")[0]
        ends = [i for i, c in enumerate(pointer) if c == "/"]
        if not any(pointer[:i] in around for i in ends):
            shown.append(f.owner)
    hidden = len(found) - len(shown)
    text = _names(shown, None)
    if not hidden:
        return f"{text}."
    where = f"inside these and in {which}" if shown else f"in {which}"
    return f"{text}{', and ' if shown else ''}{hidden} {where}."


def _by_module(found: list[Finding]) -> list[str]:
    modules: dict[str, list[str]] = {}
    for f in found:
        module, _, call = f.owner.partition(".")
        modules.setdefault(module, []).append(call)
    return [f"- `{module}`: {_names(calls, None)}" for module, calls in modules.items()]


def _by_change(found: list[Finding], most: int | None = None) -> list[str]:
    """One line for each change, with all that it happens to."""
    owners: dict[str, list[str]] = {}
    for f in found:
        owners.setdefault(f.change, []).append(_place(f))
    return [
        f"- {_names(names, most)} {change if len(names) == 1 else _plural(change)}"
        for change, names in owners.items()
    ]


def _root(finding: Finding) -> str:
    """The part of the package: `api`, `models`, `client` or another."""
    return finding.where.partition(".")[2].partition(".")[0]


def _place(finding: Finding) -> str:
    """The dotted name, as far as it tells things apart."""
    _, _, inside = finding.where.partition(".")
    return inside.removeprefix("api.").removeprefix("models.") or finding.owner


def _by_owner(found: list[Finding], most: int | None) -> list[str]:
    """A line for each owner, or a list where several things change; owners that change alike stand together."""
    owners: dict[str, list[Finding]] = {}
    for f in found:
        owners.setdefault(f.owner, []).append(f)
    alike: dict[tuple[str, ...], list[str]] = {}
    for owner, own in owners.items():
        alike.setdefault(tuple(_points(own)), []).append(owner)
    lines = []
    for points, names in alike.items():
        if len(points) == 1:
            lines.append(f"- {_names(names, most)}: {points[0]}")
        else:
            lines += [f"- {_names(names, most)}", *(f"  - {point}" for point in points)]
    return lines


def _points(found: list[Finding]) -> list[str]:
    """What changes with one owner; a change that several arguments or fields share is one point."""
    subjects: dict[str, list[str]] = {}
    for f in found:
        subjects.setdefault(f.change, []).append(f.subject)
    return [
        f"{own[0]} {change}".strip() if len(own) == 1 else f"{', '.join(own)} {_plural(change)}"
        for change, own in subjects.items()
    ]


def _plural(change: str) -> str:
    """What several do, from what one does."""
    change = re.sub(r"^is a new (required )?(field|argument)", r"are new \1\2s", change)
    verbs = {"is": "are", "has": "have"}
    return re.sub(
        r"^(also |no longer )?(is|has|takes|knows|defaults|stands)\b",
        lambda m: (m[1] or "") + (verbs.get(m[2]) or m[2][:-1]),
        change,
    )
