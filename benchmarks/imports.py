"""What importing generated packages costs, on the largest document."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.figures import DCG, OPC, OURS, Document, Start
from benchmarks.starts import Import, imports
from benchmarks.tools import Tool

PACKAGE, MODELS, MODEL, LARGEST = "package", "package.models", "one model", "the largest model"
API, CLIENT, BASES = "the largest api module", "package and a client", "for comparison"


def measure(
    document: Document, little: Document, tools: list[Tool], work: Path
) -> tuple[list[Start], list[str]]:
    """`document` is the one whose package is imported; peers that refuse it are measured on `little` too."""
    subjects = [
        Import("import httpx", "", "import httpx"),
        Import("import attrs", "", "import attrs"),
    ]
    notes = []
    for which in (document, little):
        for tool in tools:
            if tool.made(which, work / tool.name):
                subjects += _subjects(tool, which, work / tool.name)
            else:
                notes.append(f"{tool.name} has no package for {which.name}")
    rows, failed = imports(subjects)
    return rows, notes + failed


def _subjects(tool: Tool, document: Document, folder: Path) -> list[Import]:
    package = tool.package(document)
    paths = (str(folder),)

    def one(what: str, statement: str) -> Import:
        return Import(f"{document.name}: {what}", tool.name, statement, paths)

    if tool.name == DCG:
        client = f"{package}_client"
        made = f"from {client} import Client; Client(base_url='http://127.0.0.1')"
        return [
            one(PACKAGE, f"import {client}"),
            one(MODELS, f"import {package}_models"),
            one(CLIENT, made),
        ]
    home = folder / package
    first, largest = _classes(home / "models")
    api = max(
        (f for f in (home / "api").rglob("*.py") if f.name != "__init__.py"),
        key=lambda f: f.stat().st_size,
    )
    module = ".".join(api.relative_to(folder).with_suffix("").parts)
    made = f"from {package} import Client; Client('http://127.0.0.1').get_httpx_client()"
    if tool.name == OURS:
        made = f"from {package} import Client; Client('http://127.0.0.1')"
    assert tool.name in (OURS, OPC)
    return [
        one(PACKAGE, f"import {package}"),
        one(MODELS, f"import {package}.models"),
        one(MODEL, f"from {package}.models import {first}"),
        one(LARGEST, f"from {package}.models import {largest}"),
        one(API, f"import {module}"),
        one(CLIENT, made),
    ]


def _classes(folder: Path) -> tuple[str, str]:
    """The class in the module of median size, and the one in the largest."""
    found = []
    for module in folder.glob("*.py"):
        text = module.read_text(encoding="utf-8")
        if name := re.search(r"^class (\w+)", text, re.MULTILINE):
            found.append((len(text), name[1]))
    found.sort()
    return found[len(found) // 2][1], found[-1][1]
