"""A comparison as text, JSON and Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from orcagen.diff.changes import LEVELS, Change, Comparison, Level

_HEADINGS: dict[Level, str] = {
    "breaking": "Breaking changes",
    "additive": "Additions",
    "documentation": "Documentation and serialization",
}
_COUNTS: dict[Level, tuple[str, str]] = {
    "breaking": ("breaking change", "breaking changes"),
    "additive": ("addition", "additions"),
    "documentation": (
        "change of documentation or serialization",
        "changes of documentation or serialization",
    ),
}
_MAX_NAMES = 12  # names in one list, except in lists of breaking changes


def as_text(comparison: Comparison) -> str:
    """A sentence and the pointers of each change, and a summary."""
    lines = []
    for level in LEVELS:
        if changes := comparison.filter(level):
            lines.append(f"{_HEADINGS[level]} ({len(changes)})")
            for c in changes:
                lines += [f"  {c.message}", *(f"    {line}" for line in _list_pointers(c))]
            lines.append("")
    return "\n".join([*lines, f"{_title(comparison)}: {_summarize(comparison)}"]) + "\n"


def _list_pointers(change: Change) -> list[str]:
    if change.old == change.new:
        return [f"#{change.old}"] if change.old else []
    sides = (("old", change.old), ("new", change.new))
    return [f"{side} #{pointer}" for side, pointer in sides if pointer]


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON values; of each change `level`, `rule`, `message`, `name` and the pointers `old` and `new`."""
    names = ("level", "rule", "message", "name", "old", "new")
    return {
        "title": comparison.title,
        "old": comparison.old,
        "new": comparison.new,
        "breaking": comparison.breaking,
        "step": comparison.step,
        "counts": {level: len(comparison.filter(level)) for level in LEVELS},
        "changes": [{n: getattr(c, n) for n in names} for c in comparison.changes],
    }


def as_markdown(comparison: Comparison) -> str:
    """For a changelog: by level, then by function and model. What happens to several of them is one entry."""
    summary = _summarize(comparison)
    parts = [f"## {_title(comparison)}", f"{summary[0].upper()}{summary[1:]}"]
    for level in LEVELS:
        if changes := comparison.filter(level):
            parts.append(f"### {_HEADINGS[level]}")
            for title, lines in _make_sections(level, changes):
                parts += [f"#### {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _title(comparison: Comparison) -> str:
    return f"{comparison.title}, {comparison.old} to {comparison.new}"


def _summarize(comparison: Comparison) -> str:
    counts = [(level, len(comparison.filter(level))) for level in LEVELS]
    texts = [f"{n} {_COUNTS[level][n != 1]}" for level, n in counts if n]
    if not texts:
        return "no change for callers."
    return f"{', '.join(texts)}; the next version is a {comparison.step} version."


def _make_sections(level: Level, changes: tuple[Change, ...]) -> Iterator[tuple[str, list[str]]]:
    max_names = None if level == "breaking" else _MAX_NAMES
    rest = list(changes)

    def take(is_wanted: Callable[[Change], bool]) -> list[Change]:
        taken = [c for c in rest if is_wanted(c)]
        rest[:] = [c for c in rest if not is_wanted(c)]
        return taken

    if removed := take(lambda c: c.rule == "function-removed"):
        yield _count("Removed functions", removed), [f"- `{c.owner}`" for c in removed]
    if added := take(lambda c: c.rule == "function-added"):
        yield _count("New functions", added), _list_by_module(added)
    if renamed := take(lambda c: c.rule == "function-renamed"):
        yield _count("Renamed functions", renamed), _list_by_predicate(renamed)
    described = take(lambda c: c.rule.endswith("-description"))
    if functions := take(lambda c: _section(c) == "api"):
        yield _count("Changes of functions", functions), _list_by_owner(functions, max_names)
    if removed_models := take(lambda c: c.rule == "model-removed"):
        around = {c.old for c in removed}
        lines = [_list_outer(removed_models, around, "removed functions")]
        yield _count("Removed models", removed_models), lines
    if new_models := take(lambda c: c.rule == "model-added"):
        lines = [_list_outer(new_models, {c.new for c in added}, "new functions")]
        yield _count("New models", new_models), lines
    if renamed := take(lambda c: c.rule == "model-renamed"):
        yield _count("Renamed models", renamed), _list_by_predicate(renamed)
    if models := take(lambda c: _section(c) == "models"):
        yield _count("Changes of models", models), _list_by_owner(models, max_names)
    if rest:
        yield _count("Client, tables and typed dicts", rest), _list_by_owner(rest, max_names)
    if described:
        yield _count("New descriptions", described), _list_by_predicate(described, _MAX_NAMES)


def _count(title: str, changes: list[Change]) -> str:
    return f"{title} ({len(changes)})"


def _section(change: Change) -> str:
    """The part of the package: `api`, `models`, `client` or another."""
    return change.name.partition(".")[2].partition(".")[0]


def _list_names(names: Iterable[str], max_names: int | None = None) -> str:
    """Names as code, at most `max_names` and the number of the others."""
    codes = [f"`{n}`" for n in names]
    if max_names is None or len(codes) <= max_names + 1:
        return ", ".join(codes)
    return ", ".join(codes[:max_names]) + f" and {len(codes) - max_names} more"


def _list_outer(changes: list[Change], around: set[str | None], functions: str) -> str:
    """The names of models, and only the number of those inside others of them or inside functions."""
    around = around | {c.new or c.old for c in changes}
    outer = []
    for c in changes:
        pointer = c.new or c.old or ""
        ends = [i for i, character in enumerate(pointer) if character == "/"]
        if not any(pointer[:i] in around for i in ends):
            outer.append(c.owner)
    inner = len(changes) - len(outer)
    if not inner:
        return f"{_list_names(outer)}."
    if not outer:
        return f"{inner} in {functions}."
    return f"{_list_names(outer)}, and {inner} inside these and in {functions}."


def _list_by_module(changes: list[Change]) -> list[str]:
    modules: dict[str, list[str]] = {}
    for c in changes:
        module, _, signature = c.owner.partition(".")
        modules.setdefault(module, []).append(signature)
    return [f"- `{module}`: {_list_names(names)}" for module, names in modules.items()]


def _list_by_predicate(changes: list[Change], max_names: int | None = None) -> list[str]:
    """A line for each predicate, with the names of all that it is true of."""
    names: dict[str, list[str]] = {}
    for c in changes:
        _, _, name = c.name.partition(".")
        name = name.removeprefix("api.").removeprefix("models.") or c.owner
        names.setdefault(c.predicate, []).append(c.owner if c.rule == "function-renamed" else name)
    return [
        f"- {_list_names(subjects, max_names)} {_match_number(predicate, len(subjects))}"
        for predicate, subjects in names.items()
    ]


def _list_by_owner(changes: list[Change], max_names: int | None) -> list[str]:
    """A line for each owner, or a list where it has several changes. Owners with the same changes share an entry."""
    by_owner: dict[str, list[Change]] = {}
    for c in changes:
        by_owner.setdefault(c.owner, []).append(c)
    owners: dict[tuple[str, ...], list[str]] = {}
    for owner, its_changes in by_owner.items():
        owners.setdefault(tuple(_list_points(its_changes)), []).append(owner)
    lines = []
    for points, names in owners.items():
        if len(points) == 1:
            lines.append(f"- {_list_names(names, max_names)}: {points[0]}")
        else:
            lines += [f"- {_list_names(names, max_names)}", *(f"  - {p}" for p in points)]
    return lines


def _list_points(changes: list[Change]) -> list[str]:
    """The changes of one owner. Arguments or fields with the same change share a point."""
    subjects: dict[str, list[str]] = {}
    for c in changes:
        subjects.setdefault(c.predicate, []).append(c.subject)
    return [
        f"{', '.join(names)} {_match_number(predicate, len(names))}".strip()
        for predicate, names in subjects.items()
    ]


_VERB = re.compile(r"(^| and also |^also |^now |^no longer )(is|has|[a-z]+s)\b")


def _match_number(predicate: str, subjects: int) -> str:
    """A predicate about one subject, in the plural where there are more."""
    if subjects == 1:
        return predicate
    predicate = re.sub(r"^is a new (required )?(field|argument)", r"are new \1\2s", predicate)
    plurals = {"is": "are", "has": "have"}
    return _VERB.sub(lambda m: m[1] + plurals.get(m[2], m[2][:-1]), predicate)
