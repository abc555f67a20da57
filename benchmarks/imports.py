"""The cost of importing generated packages, on the largest document."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.figures import DCG, OPC, OURS, Document, Start
from benchmarks.starts import Import, imports
from benchmarks.tools import Tool

PACKAGE, MODELS, MODEL, LARGEST = "package", "package.models", "one model", "the largest model"
API, CLIENT = "the largest api module", "package and a client"


def measure(
    document: Document, small: Document, tools: list[Tool], work: Path
) -> tuple[list[Start], list[str]]:
    """Imports of the packages for both documents; `small` is for generators that fail on `document`."""
    subjects = [
        Import("import httpx", "", "import httpx"),
        Import("import attrs", "", "import attrs"),
    ]
    notes = []
    for each in (document, small):
        for tool in tools:
            if tool.ensure_output(each, work / tool.name):
                subjects += _subjects(tool, each, work / tool.name)
            else:
                notes.append(f"{tool.name} has no package for {each.name}")
    rows, failed = imports(subjects)
    return rows, notes + failed


def _subjects(tool: Tool, document: Document, folder: Path) -> list[Import]:
    package = tool.package(document)
    paths = (str(folder),)

    def subject(what: str, statement: str) -> Import:
        return Import(f"{document.name}: {what}", tool.name, statement, paths)

    if tool.name == DCG:
        client = f"{package}_client"
        create = f"from {client} import Client; Client(base_url='http://127.0.0.1')"
        return [
            subject(PACKAGE, f"import {client}"),
            subject(MODELS, f"import {package}_models"),
            subject(CLIENT, create),
        ]
    home = folder / package
    first, largest = _classes(home / "models")
    api = max(
        (f for f in (home / "api").rglob("*.py") if f.name != "__init__.py"),
        key=lambda f: f.stat().st_size,
    )
    module = ".".join(api.relative_to(folder).with_suffix("").parts)
    create = f"from {package} import Client; Client('http://127.0.0.1').get_httpx_client()"
    if tool.name == OURS:
        create = f"from {package} import Client; Client('http://127.0.0.1')"
    assert tool.name in (OURS, OPC)
    return [
        subject(PACKAGE, f"import {package}"),
        subject(MODELS, f"import {package}.models"),
        subject(MODEL, f"from {package}.models import {first}"),
        subject(LARGEST, f"from {package}.models import {largest}"),
        subject(API, f"import {module}"),
        subject(CLIENT, create),
    ]


def _classes(folder: Path) -> tuple[str, str]:
    """The class of the module of median size, and that of the largest."""
    classes = []
    for module in folder.glob("*.py"):
        text = module.read_text(encoding="utf-8")
        if name := re.search(r"^class (\w+)", text, re.MULTILINE):
            classes.append((len(text), name[1]))
    classes.sort()
    return classes[len(classes) // 2][1], classes[-1][1]
