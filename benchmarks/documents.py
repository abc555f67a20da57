"""The documents to measure: those of a folder if there is one, else the project's own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from benchmarks import nested, small
from benchmarks.figures import Document
from benchmarks.process import ROOT, run

FOLDER = ROOT.parent / "shared" / "corpus" / "specs"
OWN = ROOT / "spec" / "openapi.yaml"
LARGE = "github"
# From 23 kB to 13 MB, handwritten and generated, 3.0 and 3.1. The other generators take minutes for a whole folder.
CHOSEN = (
    "museum", "traccar", "qdrant", "mistral", "adyen-checkout", "discord", "box", "jira", "openai", "kubernetes",
    "github",
)  # fmt: skip


def find_documents(
    folder: Path, names: list[str] | None = None
) -> tuple[list[Document], list[str]]:
    """The documents, small ones first, and notes on those that are missing.

    `names` replaces CHOSEN; ["all"] chooses every document of the folder.
    """
    files = {
        f.stem: f
        for f in sorted(folder.glob("*"))
        if f.suffix in (".json", ".yaml", ".yml") and f.name != "specs.json"
    }
    if not files:
        place = os.path.relpath(folder, ROOT)
        return [read_document(OWN, "orcarouter")], [
            f"no documents in {place}: spec/openapi.yaml alone"
        ]
    requested = list(files) if names == ["all"] else names or [n for n in CHOSEN if n in files]
    missing = [n for n in requested if n not in files]
    chosen = [read_document(files[n]) for n in requested if n in files] or [
        read_document(f) for f in files.values()
    ]
    chosen.append(read_document(OWN, "orcarouter"))
    notes = [f"not in {os.path.relpath(folder, ROOT)}: {', '.join(missing)}"] if missing else []
    return sorted(chosen, key=lambda d: d.size), notes


def read_document(path: Path, name: str = "") -> Document:
    """A document with its numbers of operations and schemas, counted by another process (see `process`)."""
    done = run([sys.executable, "-m", "benchmarks.reading", path])
    if done.status:
        raise SystemExit(f"{path}: {done.output.strip().splitlines()[-1]}")
    count = json.loads(done.output)
    return Document(name or path.stem, path.stat().st_size, **count, path=str(path))


def small_document(work: Path, times: bool = False) -> Document:
    """The document of five operations, written to a file."""
    name = "small_times" if times else "small"
    path = work / "documents" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(small.document(times), indent=2) + "\n", encoding="utf-8")
    return read_document(path)


def nested_document(work: Path) -> Document:
    """The document with unions inside unions, written to a file."""
    path = work / "documents" / "nested.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nested.document(), indent=2) + "\n", encoding="utf-8")
    return read_document(path)


def parts(document: Document, shares: tuple[float, ...], work: Path) -> list[Document]:
    """Parts of the document, by shares of its size."""
    out = []
    for share in shares:
        name = f"{document.name}_{share:.0%}".replace("%", "")
        path = work / "documents" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        done = run([sys.executable, "-m", "benchmarks.cut", document.path, path, str(share)])
        if done.status:
            raise SystemExit(done.output)
        out.append(read_document(path))
    return out
