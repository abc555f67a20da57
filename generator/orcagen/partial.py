"""A run after a small change of the document: through all stages with the part of it that the change touches.

Two documents are made of what changed, of what looks into that, and of all that these refer to: one as it was, one as
it is. Where the plans of the two differ, the text of the first has to be what is on the disk, and that of the second
takes its place. Whatever goes beyond that (names come or go, findings differ, other support code is needed) is left to
a run over the whole document, which gives the same.
"""

from __future__ import annotations

import ast
import codecs
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from orcagen import json_text
from orcagen.config import Config
from orcagen.diagnostics import InputError
from orcagen.generate import Generated, Planned, formatted, in_file, in_pieces, planned_of
from orcagen.load import File, Source, content, digest_of, is_shallow, root_of
from orcagen.parts import Parts, Uses, part_of, referred, shown, uses_of
from orcagen.plan import Package
from orcagen.render import render_modules
from orcagen.verify import verify
from orcagen.write import text_at

_MOST = 0.2  # of the parts of a document: with more of them, the whole takes about as long
_FEW = 100  # parts that are no matter


@frozen
class Update:
    """The texts of the files that change, the report of the run, the file that was read with its digest, and the parts
    of the document as it is now."""

    files: dict[str, str]
    report: dict[str, Any]
    inputs: dict[str, str]
    parts: Parts


class _Beyond(Exception):
    """The change reaches further than a part."""


def noted(made: Generated, config: Config) -> Parts | None:
    """What the next run has to know for an update; None where it will be a whole run.

    That is where settings choose or change what is read, and where the document is not one JSON file: reading YAML takes
    longer than all that follows.
    """
    source = made.references.source
    file = source.files[source.root]
    if evolve(Config(), names=config.names) != config or len(source.files) > 1:
        return None
    return None if file.spans is None else Parts.of(file.text, file.spans, uses_of(made.references))


def update(
    spec: str, package: str, config: Config, known: Parts, report: dict[str, Any], folder: Path
) -> Update | None:
    """What has changed in the package that `folder` holds as the last run left it; None where it takes a whole run.

    `known` and `report` are of that run, for the same settings.
    """
    place = root_of(spec)
    try:
        data = content(place)
        text = data.removeprefix(codecs.BOM_UTF8)
        now = known.following(text) or _laid_out_anew(text, known.uses)
        changed = _changed(known, now)
        plans = _plans(known, now, changed, spec, package, config)
        _agree(*plans, changed, report, folder)
        if any(_names_folder(d["message"], d["file"], place) for d in report["diagnostics"]):
            raise _Beyond
        files = dict(_changes(plans[0].package, plans[1].package, folder))
    except (_Beyond, InputError, ValueError, RecursionError):
        return None  # a document at fault is for the whole run to say
    verify(files)
    findings = [{**d, "file": place, "line": now.line(d["pointer"])} for d in report["diagnostics"]]
    uses = _renewed(known.uses, uses_of(plans[1].references), changed)
    return Update(
        files,
        {**report, "diagnostics": findings},
        {place: digest_of(data)},
        evolve(now, uses=uses),
    )


def _laid_out_anew(text: bytes, uses: Uses) -> Parts:
    known = text.decode()
    return Parts.of(known, json_text.read(known)[1], uses)


def _changed(known: Parts, now: Parts) -> list[str]:
    changed = known.changed(now)
    if changed is None or not all(is_shallow(now.value(p)) for p in changed):
        raise _Beyond
    if any(_head(p, known.value(p)) != _head(p, now.value(p)) for p in changed):
        raise _Beyond
    return changed


def _plans(
    known: Parts, now: Parts, changed: list[str], spec: str, package: str, config: Config
) -> tuple[Planned, Planned]:
    """The plan for what the change touches, as it was and as it is."""
    new = cache(now.value)
    before = {p: known.value(p) for p in changed}

    def old(part: str) -> Any:
        return before[part] if part in before else new(part)

    chosen = _needed(_touched(changed, old, new, now), old, new, now)

    def plan_of(value_of: Callable[[str], Any]) -> Planned:
        value = now.document({p: value_of(p) for p in now.spans if p in chosen})
        place = root_of(spec)
        file = File(place, "{}", "", value, {"": (0, 2)})  # on no disk
        source = Source(place, allow_remote=False, allow_outside=False, files={place: file})
        planned = planned_of(source, package, config, spec)
        if len(source.files) > 1:
            raise _Beyond
        return planned

    return plan_of(old), plan_of(new)


def _touched(
    changed: list[str], old: Callable[[str], Any], new: Callable[[str], Any], parts: Parts
) -> list[str]:
    """What changed, and what is made from that too."""
    seen = dict.fromkeys(changed)
    todo = [(p, (look := shown(new(p))) is None or look != shown(old(p))) for p in changed]
    for part, is_open in todo:
        for user, looks in parts.uses.get(part, {}).items():
            if (looks or is_open) and user not in seen:
                if user not in parts.spans:
                    raise _Beyond
                seen[user] = None
                todo.append((user, shown(new(user)) is None))
    return [*seen]


def _needed(
    touched: list[str], old: Callable[[str], Any], new: Callable[[str], Any], parts: Parts
) -> set[str]:
    """These parts with all that they refer to, and with what extends a schema among them that has a discriminator."""
    chosen = dict.fromkeys(touched)
    todo = [(p, False) for p in touched]
    families: set[str] = set()
    for part, inherits in todo:
        values = (old(part), new(part))
        reached = {part_of(r): False for value in values for r in referred(value)}
        if inherits or any("discriminator" in v for v in values if isinstance(v, dict)):
            families.add(part)
            users = parts.uses.get(part, {})
            reached |= {u: True for u, looks in users.items() if looks and _extends(new, u, parts)}
        for other, is_heir in reached.items():
            if other in parts.spans and (
                other not in chosen or (is_heir and other not in families)
            ):
                chosen[other] = None
                todo.append((other, is_heir))
        if len(chosen) > max(_FEW, _MOST * len(parts.spans)):
            raise _Beyond
    return set(chosen)


def _extends(new: Callable[[str], Any], part: str, parts: Parts) -> bool:
    value = new(part) if part in parts.spans else None
    return isinstance(value, dict) and "allOf" in value


def _agree(
    old: Planned, new: Planned, changed: list[str], report: dict[str, Any], folder: Path
) -> None:
    """Raises _Beyond unless two plans differ in nothing but what stands in the modules that both have, and nothing is to
    be said of either that was not said of what stayed."""
    for view in (_frame, _names, _patterns):
        if view(old.package) != view(new.package):
            raise _Beyond
    needed, needs = set(old.package.runtime), set(new.package.runtime)
    if not needed <= needs <= {p.stem for p in (folder / "_runtime").glob("*.py")}:
        raise _Beyond
    said = {
        (d["pointer"], d["message"])
        for d in report["diagnostics"]
        if part_of(d["pointer"]) not in changed
    }
    if not _findings(old) == _findings(new) <= said:
        raise _Beyond


def _names_folder(message: str, old: str, new: str) -> bool:
    """Whether a finding speaks of a folder in which the document is no more."""
    return old != new and str(Path(old).parent) in message


def _frame(package: Package) -> Package:
    return evolve(package, models=(), apis=(), runtime=())


def _names(package: Package) -> list[object]:
    return [
        *((m.name, x.symbol, x.pointer) for m in package.models for x in m.models),
        *((m.name, x.symbol, x.pointer) for m in package.models for x in m.aliases),
        *((a.name, f.name, f.pointer, f.path_key) for a in package.apis for f in a.functions),
    ]


def _patterns(package: Package) -> list[tuple[str, str, str]]:
    """What tells members of a union apart: unions elsewhere may have a say in it."""
    return [
        (x.pointer, f.name, f.pattern)
        for m in package.models
        for x in m.models
        for f in x.fields
        if f.pattern is not None
    ]


def _head(part: str, value: Any) -> list[object]:
    """What decides on the names of functions."""
    if part.startswith(("/components/schemas/", "/definitions/")) or not isinstance(value, dict):
        return []
    operations = [(key, v) for key, v in value.items() if isinstance(v, dict)]
    return [(key, v.get("operationId"), v.get("tags")) for key, v in operations]


def _findings(planned: Planned) -> set[tuple[str, str]]:
    return {(d.pointer, d.message) for d in planned.diagnostics}


def _renewed(uses: Uses, new: Uses, changed: list[str]) -> Uses:
    """The uses as they are now: those of the changed parts anew, and of others those that the change has added."""
    users = set(changed)
    out = {p: {u: looks for u, looks in by.items() if u not in users} for p, by in uses.items()}
    for part, by in new.items():
        known = out.setdefault(part, {})
        known.update({u: looks or known.get(u, False) for u, looks in by.items()})
    return out


def _changes(old: Package, new: Package, folder: Path) -> Iterator[tuple[str, str]]:
    """The files with another text, and that text."""
    models = [(a, b) for a, b in zip(old.models, new.models, strict=True) if a != b]
    apis = []
    for a, b in zip(old.apis, new.apis, strict=True):
        functions = [(f, g) for f, g in zip(a.functions, b.functions, strict=True) if f != g]
        if functions:
            f, g = (tuple(side) for side in zip(*functions, strict=True))
            apis.append((evolve(a, functions=f), evolve(b, functions=g)))
    before, after = (
        render_modules(
            evolve(p, models=tuple(m[i] for m in models), apis=tuple(a[i] for a in apis))
        )
        for i, p in enumerate((old, new))
    )
    for path in [f"models/{m.name}.py" for m, _ in models]:
        yield path, _replaced(text_at(folder / path), before[path], after[path], whole=True)
    for path in [f"api/{a.name}.py" for a, _ in apis]:
        yield path, _replaced(text_at(folder / path), before[path], after[path], whole=False)


def _replaced(text: str | None, old: str, new: str, whole: bool) -> str:
    """The text with the pieces of `new` for those of `old`. Imports are of a whole module and have to do as they are."""
    out, before, after = (in_pieces((t or "").removesuffix("\n")) for t in (text, old, new))
    if len(before) != len(after) or (whole and len(out) != len(before)):
        raise _Beyond
    if not whole and before[0] != after[0]:
        now, soon = _imports(before[0]), _imports(after[0])
        if not now <= soon <= _imports(out[0]):
            raise _Beyond
    for a, b in zip(before[not whole :], after[not whole :], strict=True):
        if a != b:
            known = formatted(a)
            if out.count(known) != 1:
                raise _Beyond
            out[out.index(known)] = formatted(b)
    return in_file(out) + "\n"


def _imports(head: str) -> set[tuple[str, str]]:
    return {
        (
            ("." * node.level + (node.module or "")) if isinstance(node, ast.ImportFrom) else "",
            name.name,
        )
        for node in ast.walk(ast.parse(head))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
