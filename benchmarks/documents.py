"""The documents that are measured: those of a folder if there is one, else the project's own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from attrs import evolve

from benchmarks import small
from benchmarks.figures import Document
from benchmarks.process import ROOT, run

FOLDER = ROOT.parent / "shared" / "corpus" / "specs"
OWN = ROOT / "spec" / "openapi.yaml"
LARGE = "github"
# From 23 kB to 13 MB, by hand and by machine, 3.0 and 3.1. Peers take minutes for all of a folder.
CHOSEN = (
    "museum", "traccar", "qdrant", "mistral", "adyen-checkout", "discord", "box", "jira", "openai", "kubernetes",
    "github",
)  # fmt: skip


def found(folder: Path, names: list[str] | None = None) -> tuple[list[Document], list[str]]:
    """The documents, small ones first, and what there is to say about the choice.

    `names` chooses in place of CHOSEN; the name `all` is every document of the folder.
    """
    files = {
        f.stem: f
        for f in sorted(folder.glob("*"))
        if f.suffix in (".json", ".yaml", ".yml") and f.name != "specs.json"
    }
    if not files:
        place = os.path.relpath(folder, ROOT)
        return [of(OWN, "orcarouter")], [f"no documents in {place}: spec/openapi.yaml alone"]
    wanted = list(files) if names == ["all"] else names or [n for n in CHOSEN if n in files]
    missing = [n for n in wanted if n not in files]
    chosen = [of(files[n]) for n in wanted if n in files] or [of(f) for f in files.values()]
    chosen.append(of(OWN, "orcarouter"))
    notes = [f"not in {os.path.relpath(folder, ROOT)}: {', '.join(missing)}"] if missing else []
    return sorted(chosen, key=lambda d: d.size), notes


def of(path: Path, name: str = "") -> Document:
    """A document with its count, made by a child (see `process`)."""
    done = run([sys.executable, "-m", "benchmarks.reading", path])
    if done.status:
        raise SystemExit(f"{path}: {done.output.strip().splitlines()[-1]}")
    count = json.loads(done.output)
    return Document(name or path.stem, path.stat().st_size, **count, path=str(path))


def small_one(work: Path, times: bool = False) -> Document:
    """The document of five operations, as a file."""
    name = "small_times" if times else "small"
    path = work / "documents" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(small.document(times), indent=2) + "\n", encoding="utf-8")
    return of(path)


def parts(document: Document, shares: tuple[float, ...], work: Path) -> list[Document]:
    """The document cut to shares of its size."""
    out = []
    for share in shares:
        name = f"{document.name}_{share:.0%}".replace("%", "")
        path = work / "documents" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        words = [document.path, str(path), str(share)]
        done = run([sys.executable, "-m", "benchmarks.cut", *words])
        if done.status:
            raise SystemExit(done.output)
        out.append(of(path))
    return out


def changed(document: Document, work: Path) -> Document:
    """The document with three small changes, under the same file name."""
    path = work / "documents" / "changed" / Path(document.path).with_suffix(".json").name
    path.parent.mkdir(parents=True, exist_ok=True)
    done = run([sys.executable, "-m", "benchmarks.change", document.path, str(path)])
    if done.status:
        raise SystemExit(done.output)
    return evolve(document, path=str(path), size=path.stat().st_size)
