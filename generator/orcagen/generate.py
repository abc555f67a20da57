"""The way through all stages."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any

from attrs import evolve, frozen

from orcagen import types
from orcagen.config import Config
from orcagen.diagnostics import Diagnostic, Diagnostics, InputError
from orcagen.document import read
from orcagen.layout import too_long
from orcagen.load import load
from orcagen.plan import Package, TableData, plan
from orcagen.render import render
from orcagen.verify import verify

_PARALLEL = 40  # files for black from which on a second process pays


@frozen
class Planned:
    package: Package
    diagnostics: tuple[Diagnostic, ...]


@frozen
class Generated:
    """The files of a package by their paths inside it, and what there is to say about the document."""

    package: Package
    files: dict[str, str]
    diagnostics: tuple[Diagnostic, ...]


def plan_of(
    spec: str,
    package: str,
    config: Config | None = None,
    *,
    allow_remote: bool = False,
    allow_outside: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> Planned:
    """The plan for a document. Raises InputError where it cannot be read as OpenAPI."""
    config = config or Config()
    if not package.isidentifier():
        raise InputError(
            f"the package name {package!r} is no Python name; use letters, digits and underscores"
        )
    say("reading")
    source = load(spec, allow_remote=allow_remote, allow_outside=allow_outside)
    found = Diagnostics(source.line)
    document, references = read(source, found)
    tables = []
    for name, setting in config.tables.items():
        schema = references.target(references.root(), setting.schema)
        schema = (
            references.follow(schema)
            if isinstance(schema.value, dict) and len(schema.value) < 6
            else schema
        )
        document = evolve(document, payloads=(*document.payloads, schema))
        content = load(str(setting.data))
        data = content.get(content.root).value
        about = schema.value.get("description", "") if isinstance(schema.value, dict) else ""
        tables.append(
            TableData(name, data, (schema.file, schema.pointer), setting.data.name, str(about))
        )
    say("types")
    graph = types.build(document, references, found)
    say("plan")
    label = "standard input" if spec == "-" else spec.rstrip("/").rpartition("/")[2] or spec
    planned = plan(document, graph, config, found, package, label, tuple(tables))
    return Planned(planned, tuple(found))


def generate(spec: str, package: str, config: Config | None = None, **options: Any) -> Generated:
    """The files of the package for a document. Options as for `plan_of`. Raises InputError."""
    planned = plan_of(spec, package, config, **options)
    say = options.get("say", lambda text: None)
    say("text")
    files = render(planned.package)
    long = sorted(
        path
        for path, text in files.items()
        if (too_long(text) or path == "dicts.py") and not path.startswith("_runtime/")
    )
    say(f"format ({len(long)} of {len(files)} files need it)")
    files |= zip(long, _formatted([files[p] for p in long]), strict=True)
    verify(files)
    return Generated(planned.package, files, planned.diagnostics)


def _formatted(texts: list[str]) -> list[str]:
    if len(texts) < _PARALLEL:
        return [_black(text) for text in texts]
    with concurrent.futures.ProcessPoolExecutor() as pool:
        return list(pool.map(_black, texts, chunksize=8))


def _black(text: str) -> str:
    import black
    from black.mode import TargetVersion

    return black.format_str(text, mode=black.Mode(target_versions={TargetVersion.PY311}))


def report(generated: Generated) -> dict[str, Any]:
    """What `--report` writes."""
    package = generated.package
    return {
        "operations": [
            {
                "method": f.method,
                "path": f.path_key,
                "function": f"{package.name}.api.{a.name}.{f.name}",
            }
            for a in package.apis
            for f in a.functions
        ],
        "schemas": [{"pointer": p, "symbol": s} for p, s in package.schemas.items()],
        "diagnostics": [
            {
                "severity": d.severity,
                "file": d.file,
                "line": d.line,
                "pointer": d.pointer,
                "message": d.message,
                "action": d.action,
            }
            for d in generated.diagnostics
        ],
    }
