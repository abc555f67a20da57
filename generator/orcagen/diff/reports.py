"""A comparison as text, JSON, Markdown, annotations of GitHub and JUnit's XML."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias, TypeVar
from xml.sax.saxutils import escape, quoteattr

from orcagen.diff.changes import LEVELS, Change, Comparison, Level

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
FindLines: TypeAlias = Callable[[Iterable[str]], Mapping[str, int]]

_HEADINGS: dict[Level, str] = {
    "breaking": "Breaking changes",
    "behavior": "Changes of behavior",
    "additive": "Additions",
    "documentation": "Documentation and serialization",
}
_COUNTS: dict[Level, tuple[str, str]] = {
    "breaking": ("breaking change", "breaking changes"),
    "behavior": ("change of behavior", "changes of behavior"),
    "additive": ("addition", "additions"),
    "documentation": (
        "change of documentation or serialization",
        "changes of documentation or serialization",
    ),
}
_AUDIENCES = {"callers": "callers", "wire": "deployed clients"}
_COMMANDS: dict[Level, str] = {
    "breaking": "error",
    "behavior": "warning",
    "additive": "notice",
    "documentation": "notice",
}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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
        "audience": comparison.audience,
        "breaking": comparison.breaking,
        "step": comparison.step,
        "counts": {level: len(comparison.filter(level)) for level in LEVELS},
        "changes": [{n: getattr(c, n) for n in names} for c in comparison.changes],
    }


def as_github(comparison: Comparison, file: str, find_lines: FindLines) -> str:
    """Workflow commands of GitHub Actions: an annotation for each change, at its line in the new document, `file`.

    What was removed is at what was around it. `find_lines` gives the lines of JSON pointers.
    """
    pointers = [c.old if c.new is None else c.new for c in comparison.changes]
    lines = find_lines([p or "" for p in pointers])
    out = []
    for change, pointer in zip(comparison.changes, pointers, strict=True):
        place = f"file={_escape(file, ':,')},line={lines.get(pointer or '', 1)}"
        command = f"{_COMMANDS[change.level]} {place},title={change.rule}"
        out.append(f"::{command}::{_escape(change.message)}\n")
    return "".join(out)


def _escape(text: str, more: str = "") -> str:
    """Text in a workflow command; in its properties, colons and commas are escaped as well."""
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{more}" else c for c in text)


def as_junit(comparison: Comparison) -> str:
    """JUnit's XML: a test case for each change, which fails if the change is breaking; one that passes if there is none."""
    failures = len(comparison.filter("breaking"))
    tests = max(len(comparison.changes), 1)
    suite = f"name={_quote(_title(comparison))} tests='{tests}' failures='{failures}' errors='0'"
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<testsuites>", f"<testsuite {suite}>"]
    for c in comparison.changes:
        case = f"<testcase classname={_quote(c.rule)} name={_quote(c.message)}"
        if c.level == "breaking":
            text = "\n".join([c.message, *_list_pointers(c)])
            failure = f"<failure type='breaking' message={_quote(c.message)}>"
            lines.append(f"{case}>{failure}{escape(_clean(text))}</failure></testcase>")
        else:
            lines.append(f"{case}><system-out>{c.level}</system-out></testcase>")
    if not comparison.changes:
        lines.append("<testcase classname='diff' name='no change'/>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"


def _quote(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


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
        return f"no change for {_AUDIENCES[comparison.audience]}."
    return f"{', '.join(texts)}; the next version is a {comparison.step} version."


def _make_sections(level: Level, changes: tuple[Change, ...]) -> Iterator[tuple[str, list[str]]]:
    """The heading and the lines of each section that is not empty."""
    max_names = None if level == "breaking" else _MAX_NAMES
    by_section = _group(changes, _find_section)
    removed = {c.old for c in by_section.get("function-removed", ())}
    added = {c.new for c in by_section.get("function-added", ())}
    by_owner = partial(_list_by_owner, max_names=max_names)
    sections: tuple[tuple[str, str, Callable[[list[Change]], list[str]]], ...] = (
        ("function-removed", "Removed functions", lambda cs: [f"- `{c.owner}`" for c in cs]),
        ("function-added", "New functions", _list_by_module),
        ("function-renamed", "Renamed functions", _list_by_predicate),
        ("api", "Changes of functions", by_owner),
        ("model-removed", "Removed models", partial(_list_outer, removed, "removed functions")),
        ("model-added", "New models", partial(_list_outer, added, "new functions")),
        ("model-renamed", "Renamed models", _list_by_predicate),
        ("models", "Changes of models", by_owner),
        ("rest", "Client, tables and typed dicts", by_owner),
        ("description", "New descriptions", partial(_list_by_predicate, max_names=_MAX_NAMES)),
    )
    for section, title, make_lines in sections:
        if section in by_section:
            yield f"{title} ({len(by_section[section])})", make_lines(by_section[section])


def _find_section(change: Change) -> str:
    subject, _, verb = change.rule.partition("-")
    if subject in ("function", "model") and verb in ("added", "removed", "renamed"):
        return change.rule
    if verb == "description":
        return verb
    module = change.name.split(".")[1]
    return module if module in ("api", "models") else "rest"


def _group(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Items by a key, in the order of their first ones."""
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _list_names(names: Iterable[str], max_names: int | None = None) -> str:
    """Names as code, at most `max_names` and the number of the others."""
    codes = [f"`{n}`" for n in names]
    if max_names is None or len(codes) <= max_names + 1:
        return ", ".join(codes)
    return ", ".join(codes[:max_names]) + f" and {len(codes) - max_names} more"


def _list_outer(around: set[str | None], functions: str, changes: list[Change]) -> list[str]:
    """The names of models, and only the number of those inside others of them or inside functions."""
    around = around | {c.new or c.old for c in changes}
    outer = []
    for c in changes:
        pointer = c.new or c.old or ""
        if not any(pointer[: slash.start()] in around for slash in re.finditer("/", pointer)):
            outer.append(c.owner)
    inner = len(changes) - len(outer)
    if not inner:
        return [f"{_list_names(outer)}."]
    if not outer:
        return [f"{inner} in {functions}."]
    return [f"{_list_names(outer)}, and {inner} inside these and in {functions}."]


def _list_by_module(changes: list[Change]) -> list[str]:
    signatures = [c.owner.partition(".") for c in changes]
    modules = _group(signatures, lambda s: s[0])
    return [f"- `{m}`: {_list_names(s for _, _, s in owners)}" for m, owners in modules.items()]


def _list_by_predicate(changes: list[Change], max_names: int | None = None) -> list[str]:
    """A line for each predicate, with the names of all that it is true of."""

    def find_name(c: Change) -> str:
        _, _, name = c.name.partition(".")
        name = name.removeprefix("api.").removeprefix("models.")
        return name if name and c.rule != "function-renamed" else c.owner

    return [
        f"- {_list_names(map(find_name, same), max_names)} {_match_number(predicate, len(same))}"
        for predicate, same in _group(changes, lambda c: c.predicate).items()
    ]


def _list_by_owner(changes: list[Change], max_names: int | None) -> list[str]:
    """A line for each owner, or a list where it has several changes. Owners with the same changes share an entry."""
    by_owner = _group(changes, lambda c: c.owner)
    lines = []
    for points, owners in _group(by_owner, lambda o: _list_points(by_owner[o])).items():
        names = _list_names(owners, max_names)
        if len(points) == 1:
            lines.append(f"- {names}: {points[0]}")
        else:
            lines += [f"- {names}", *(f"  - {p}" for p in points)]
    return lines


def _list_points(changes: list[Change]) -> tuple[str, ...]:
    """The changes of one owner. Arguments or fields with the same change share a point."""
    return tuple(
        f"{', '.join(c.subject for c in same)} {_match_number(predicate, len(same))}".strip()
        for predicate, same in _group(changes, lambda c: c.predicate).items()
    )


_VERB = re.compile(r"(^| and also |^also |^now |^no longer )(is|has|[a-z]+s)\b")


def _match_number(predicate: str, subjects: int) -> str:
    """A predicate about one subject, in the plural where there are more."""
    if subjects == 1:
        return predicate
    predicate = re.sub(r"^is a new (required )?(field|argument)", r"are new \1\2s", predicate)
    plurals = {"is": "are", "has": "have"}
    return _VERB.sub(lambda m: m[1] + plurals.get(m[2], m[2][:-1]), predicate)
