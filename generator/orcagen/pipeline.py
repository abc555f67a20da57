"""The way through all stages."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Any

from attrs import evolve, field, frozen

from orcagen import schema
from orcagen.config import Config
from orcagen.datamodel import Flavor
from orcagen.datamodel import render as render_flavor
from orcagen.diagnostics import Diagnostic, Diagnostics, InputError
from orcagen.openapi import (
    Document,
    Node,
    OperationFilter,
    References,
    filter_operations,
    read,
    repairs,
)
from orcagen.output.verify import verify
from orcagen.plan import Package, TableData, plan, schemas_by_symbol
from orcagen.render import render
from orcagen.source import overlay
from orcagen.source.loader import Source, digest_of, load


def _quiet(text: str) -> None:
    """Nobody watches."""


@frozen
class Permissions:
    """What the document may lead to: other hosts, files outside its folder."""

    remote: bool = False
    outside: bool = False


@frozen
class Planned:
    """`inputs` are the files that were read, with digests; `repairs` the actions of an Overlay that mends the document."""

    package: Package
    diagnostics: tuple[Diagnostic, ...]
    repairs: list[dict[str, Any]]
    inputs: dict[str, str]


@frozen
class Generated:
    """The files of a package by their paths inside it, and what there is to say about the document."""

    package: Package
    files: dict[str, str]
    diagnostics: tuple[Diagnostic, ...]
    repairs: list[dict[str, Any]]
    inputs: dict[str, str] = field(repr=False)


def plan_of(
    spec: str,
    package: str,
    config: Config | None = None,
    permissions: Permissions | None = None,
    say: Callable[[str], None] = _quiet,
) -> Planned:
    """The plan for a document. Raises InputError where it cannot be read as OpenAPI."""
    config = config or Config()
    if not package.isidentifier() or keyword.iskeyword(package):
        raise InputError(
            f"the package name {package!r} is no Python name; use letters, digits and underscores"
        )
    say("reading")
    return planned_of(_source(spec, permissions or Permissions()), package, config, spec, say)


def planned_of(
    source: Source, package: str, config: Config, spec: str, say: Callable[[str], None] = _quiet
) -> Planned:
    """The plan for what was read from `spec`."""
    document, references, found = _document(source, config)
    inputs, tables, table_schemas = dict[str, str](), [], []
    for name, setting in config.tables.items():
        place = Node(source.root, f"/x-orcagen/tables/{name}", {"$ref": setting.schema})
        table_schemas.append(place)
        content = load(str(setting.data))
        inputs[content.root] = content.get(content.root).digest
        about = references.resolve_once(place, setting.schema).value
        description = str(about.get("description", "")) if isinstance(about, dict) else ""
        data = content.get(content.root).value
        tables.append(TableData(name, data, place.key, setting.data.name, description))
    say("types")
    graph = schema.build(document, references, extra=tuple(table_schemas))
    say("plan")
    planned = plan(document, graph, config, found, package, _label(spec), tuple(tables))
    diagnostics = tuple(found)
    mended = repairs.actions(diagnostics, source.files[source.root].value)
    inputs |= {uri: file.digest for uri, file in source.files.items()}
    return Planned(planned, diagnostics, mended, inputs)


def generate(
    spec: str,
    package: str,
    config: Config | None = None,
    permissions: Permissions | None = None,
    say: Callable[[str], None] = _quiet,
) -> Generated:
    """The files of the package for a document. Raises InputError where it cannot be read as OpenAPI."""
    config = config or Config()
    planned = plan_of(spec, package, config, permissions, say)
    say("text")
    files = render(planned.package, config.templates)
    say("format")
    files = _format(files)
    verify(files, own_templates=config.templates is not None)
    inputs = dict(planned.inputs)
    for template in sorted(config.templates.rglob("*.jinja")) if config.templates else ():
        inputs[str(template.resolve())] = digest_of(template.read_bytes())
    return Generated(
        planned.package,
        files,
        planned.diagnostics,
        planned.repairs,
        inputs,
    )


def models_of(
    spec: str, flavor: Flavor, config: Config | None = None, permissions: Permissions | None = None
) -> tuple[str, tuple[Diagnostic, ...]]:
    """The schemas of a document as another kind of models, in one module. Raises InputError."""
    config = config or Config()
    source = _source(spec, permissions or Permissions())
    document, references, found = _document(source, config)
    graph = schema.build(document, references)
    schemas = schemas_by_symbol(document, graph, config, found)
    text = render_flavor(schemas, flavor, document.openapi_version, document.title)
    return _black(text), tuple(found)


def _source(spec: str, permissions: Permissions) -> Source:
    return load(spec, allow_remote=permissions.remote, allow_outside=permissions.outside)


def _document(source: Source, config: Config) -> tuple[Document, References, Diagnostics]:
    found = Diagnostics(source.line)
    for path in config.overlays:
        actions = load(str(path))
        source.files |= actions.files
        root = source.files[source.root]
        changed = overlay.apply(root.value, actions.get(actions.root).value, actions.root, found)
        source.files[source.root] = evolve(root, value=changed)
    document, references = read(source, found)
    document = filter_operations(
        document, OperationFilter.of(config.include), OperationFilter.of(config.exclude)
    )
    return document, references, found


def _label(spec: str) -> str:
    """The document's name for docstrings."""
    return "standard input" if spec == "-" else spec.rstrip("/").rpartition("/")[2] or spec


def _format(files: dict[str, str]) -> dict[str, str]:
    """The files as black leaves them. Support code is formatted already."""
    return {
        path: _black(text)
        if path.endswith((".py", ".pyi")) and not path.startswith("_runtime/")
        else text
        for path, text in files.items()
    }


def _black(text: str) -> str:
    import black
    from black.mode import TargetVersion

    mode = black.Mode(target_versions={TargetVersion.PY311})
    return black.format_str(text, mode=mode).rstrip("\n") + "\n" * text.endswith("\n")


def report(generated: Generated) -> dict[str, Any]:
    """What `--report` writes."""
    package = generated.package
    return {
        "operations": [
            {
                "method": f.method,
                "path": f.path_template,
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
        "repairs": generated.repairs,
    }
