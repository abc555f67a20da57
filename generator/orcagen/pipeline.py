"""Runs the stages: a document to a plan, to the files of a package, or to models of another kind."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from orcagen import plugins, schema
from orcagen.config import Config
from orcagen.datamodel import Flavor
from orcagen.datamodel import render as render_flavor
from orcagen.diagnostics import Diagnostic, InputError
from orcagen.openapi import Document, Node, References, repairs
from orcagen.output.verify import verify
from orcagen.plan import (
    Package,
    TableData,
    check_custom_types,
    plan,
    plan_custom_types,
    schemas_by_symbol,
)
from orcagen.reading import Permissions as Permissions
from orcagen.reading import load_source, read_source
from orcagen.reading import read_document as read_document
from orcagen.render import render
from orcagen.render.fold import format_module, format_modules
from orcagen.source.loader import load

if TYPE_CHECKING:
    from orcagen.diff import DocumentVersion
    from orcagen.infer import Proposal


def no_progress(stage: str) -> None:
    """The default progress callback, which does nothing."""


@frozen
class Planned:
    """The plan of a package, and what was reported about the document.

    `repairs` are actions of an OpenAPI Overlay that fixes the document. `inputs` are the digests of all files that were
    read, by absolute path or URL.
    """

    package: Package
    diagnostics: tuple[Diagnostic, ...]
    repairs: list[dict[str, Any]]
    inputs: dict[str, str] = field(repr=False)


@frozen
class Generated:
    """The files of a package by their paths inside it, and what was reported about the document (see Planned)."""

    package: Package
    files: dict[str, str]
    diagnostics: tuple[Diagnostic, ...]
    repairs: list[dict[str, Any]]
    inputs: dict[str, str] = field(repr=False)


def make_plan(
    spec: str,
    package: str,
    config: Config | None = None,
    permissions: Permissions | None = None,
    progress: Callable[[str], None] = no_progress,
) -> Planned:
    """Reads the document at a path, a URL or "-" and plans the package. Raises InputError if it cannot be read.

    `progress` is called with the name of each stage.
    """
    return _make_plan(spec, package, config, permissions, progress)[0]


def plan_version(
    spec: str,
    package: str,
    config: Config | None = None,
    permissions: Permissions | None = None,
) -> DocumentVersion:
    """One side of a comparison: the plan of a document (see make_plan) with the document itself. Raises InputError."""
    from orcagen.diff import DocumentVersion

    planned, document, references = _make_plan(spec, package, config, permissions, no_progress)
    return DocumentVersion(planned.package, document, references)


def _make_plan(
    spec: str,
    package: str,
    config: Config | None,
    permissions: Permissions | None,
    progress: Callable[[str], None],
) -> tuple[Planned, Document, References]:
    config = config or Config()
    if not package.isidentifier() or keyword.iskeyword(package):
        raise InputError(
            f"the package name {package!r} is not a Python identifier; use letters, digits and underscores"
        )
    progress("reading")
    source, diagnostics = load_source(spec, config, permissions or Permissions())
    document, references = read_source(source, config, diagnostics)
    inputs = dict[str, str]()
    tables, table_schemas = [], []
    for name, setting in config.tables.items():
        content = load(str(setting.data))
        inputs[content.root] = content.get(content.root).digest
        # The schema is a type of the package as if an extension of the document referred to it.
        node = Node(source.root, f"/x-orcagen/tables/{name}", {"$ref": setting.schema})
        table_schemas.append(node)
        schema_value = references.resolve_once(node, setting.schema).value
        description = schema_value.get("description") if isinstance(schema_value, dict) else ""
        data = content.get(content.root).value
        tables.append(TableData(name, data, node.key, setting.data.name, str(description or "")))
    document = evolve(document, table_schemas=tuple(table_schemas))
    progress("building types")
    check_custom_types(config.types, document)
    graph = schema.build(document, references, plan_custom_types(config.types).types)
    progress("planning")
    planned = plan(document, graph, config, diagnostics, package, _label(spec), tuple(tables))
    planned = plugins.change_plan(config.plugins, planned)
    inputs |= {uri: file.digest for uri, file in source.files.items()}
    inputs |= dict.fromkeys(source.missing, "")  # that may come
    collected = diagnostics.collect()
    actions = repairs.actions(collected, source.get(source.root).value)
    return Planned(planned, collected, actions, inputs), document, references


def generate(
    spec: str,
    package: str,
    config: Config | None = None,
    permissions: Permissions | None = None,
    progress: Callable[[str], None] = no_progress,
) -> Generated:
    """Generates the package of a document (see make_plan), in memory. Raises InputError if it cannot be read."""
    config = config or Config()
    planned = make_plan(spec, package, config, permissions, progress)
    progress("rendering")
    files = render(planned.package, config.templates)
    files = plugins.change_files(config.plugins, planned.package, files)
    progress("formatting")
    is_own = config.templates is not None or bool(config.plugins)
    files = _format(files, fold=not is_own)
    verify(files, is_own, {i.module for i in planned.package.custom_types.imports})
    return Generated(planned.package, files, planned.diagnostics, planned.repairs, planned.inputs)


def generate_models(
    spec: str, flavor: Flavor, config: Config | None = None, permissions: Permissions | None = None
) -> tuple[str, tuple[Diagnostic, ...]]:
    """The schemas of a document as another kind of models, in one module. Raises InputError if it cannot be read."""
    config = config or Config()
    source, diagnostics = load_source(spec, config, permissions or Permissions())
    document, references = read_source(source, config, diagnostics)
    graph = schema.build(document, references)
    schemas = schemas_by_symbol(document, references, graph, config)
    text = render_flavor(schemas, flavor, document.openapi_version, document.title)
    return format_module(text, fold=False), diagnostics.collect()


def infer_declarations(
    spec: str, config: Config | None = None, permissions: Permissions | None = None
) -> tuple[Proposal, ...]:
    """What a document does not declare, and seems to have: see `orcagen.infer`. Raises InputError if it cannot be read."""
    from orcagen.infer import infer

    document, references, _ = read_document(spec, config, permissions)
    return tuple(infer(document, references, schema.build(document, references)))


def _label(spec: str) -> str:
    """The document's name for docstrings."""
    name = "standard input" if spec == "-" else spec.rstrip("/").rpartition("/")[2] or spec
    return name.encode("utf-8", "replace").decode()  # a name of the file system need not be UTF-8


def _format(files: dict[str, str], *, fold: bool) -> dict[str, str]:
    """The files as black formats them; with `fold`, by the faster mechanism, which knows the layout of built-in templates.
    Support code is formatted already."""
    generated = {p: text for p, text in files.items() if not p.startswith("_runtime/")}
    return files | format_modules(generated, fold=fold)


def make_report(generated: Generated) -> dict[str, Any]:
    """The content of the file that `--report` writes."""
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
