"""The generators: how each is run, and what it wrote."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import evolve, frozen

from benchmarks.figures import DCG, OPC, OURS, Document, Generation
from benchmarks.process import Run, run

LIMIT = 900.0  # elapsed seconds for one run of a generator


@frozen
class Tool:
    """A generator. `command` takes the document, the folder to write to and the name of the package."""

    name: str
    version: str
    suffix: str
    command: Callable[[Document, Path, str], list[str | Path]]
    outputs: Callable[[str], tuple[str, ...]]
    path: Path | None = None

    def package(self, document: Document) -> str:
        """The name of the package for a document. It names the generator, so that one process can load several."""
        return re.sub(r"\W", "_", document.name).lower() + "_" + self.suffix

    def env(self) -> dict[str, str]:
        """Its own programs first: openapi-python-client runs the ruff that it finds."""
        return {"PATH": f"{self.path}{os.pathsep}{os.environ['PATH']}"} if self.path else {}

    def make(self, document: Document, folder: Path, *, again: str = "first") -> Generation:
        """Generates into `folder`, from nothing if `again` is first. Only success leaves output there."""
        package = self.package(document)
        places = [folder / name for name in self.outputs(package)]
        if again == "first":
            for place in places:
                shutil.rmtree(place, ignore_errors=True)
                place.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        before = {f: f.stat().st_mtime_ns for f in _files(places)}
        command = self.command(document, folder, package)
        done = run(command, cwd=folder, env=self.env(), limit=LIMIT)
        files = _files(places)
        row = Generation(document.name, self.name, again, done.cpu, done.peak)
        if done.status or not files:
            return evolve(row, refusal=_reason(done))
        return evolve(
            row,
            files=len(files),
            lines=sum(f.read_bytes().count(b"\n") for f in files),
            size=sum(f.stat().st_size for f in files),
            operations=self._operations(done, places),
            written=sum(before.get(f) != f.stat().st_mtime_ns for f in files),
        )

    def made(self, document: Document, folder: Path) -> bool:
        """Whether the folder holds its output for the document. Ours is made anew, theirs if it is not there."""
        places = [folder / name for name in self.outputs(self.package(document))]
        return (self.name != OURS and bool(_files(places))) or not self.make(
            document, folder
        ).refusal

    def _operations(self, done: Run, places: list[Path]) -> int | None:
        if self.name == OURS:
            found = re.search(r"(\d+) operations", done.output)
            return int(found[1]) if found else None
        if self.name == OPC:
            modules = places[0].glob("api/**/*.py")
            return sum(1 for f in modules if f.name != "__init__.py")
        return None


def ours(version: str) -> Tool:
    def command(document: Document, folder: Path, package: str) -> list[str | Path]:
        program: list[str | Path] = [sys.executable, "-m", "orcagen"]
        return [*program, "generate", document.path, "--output", folder, "--package", package]

    return Tool(OURS, version, "orcagen", command, lambda package: (package,))


def openapi_python_client(version: str, path: Path) -> Tool:
    def command(document: Document, folder: Path, package: str) -> list[str | Path]:
        words = [
            "generate",
            "--path",
            document.path,
            "--meta",
            "none",
            "--overwrite",
            "--output-path",
        ]
        return [path / OPC, *words, folder / package]

    return Tool(OPC, version, "opc", command, lambda package: (package,), path)


def datamodel_code_generator(version: str, path: Path) -> Tool:
    def command(document: Document, folder: Path, package: str) -> list[str | Path]:
        models, client = f"{package}_models", f"{package}_client"
        # Dots in names of schemas are modules to it, and modules need a folder.
        place = folder / models if document.dotted else folder / f"{models}.py"
        program: list[str | Path] = [path / "datamodel-codegen", "--input", document.path]
        return [
            *program,
            *("--input-file-type", "openapi", "--output", place),
            *("--output-model-type", "pydantic_v2.BaseModel", "--disable-warnings"),
            *("--generate-client", "httpx2", "--client-output", folder / client),
            *("--client-package", client, "--client-model-package", models),
        ]

    outputs = ("{}_models.py", "{}_models", "{}_client")
    return Tool(DCG, version, "dcg", command, lambda p: tuple(o.format(p) for o in outputs), path)


def _files(places: list[Path]) -> list[Path]:
    found = (place.rglob("*.py") if place.is_dir() else [place] for place in places)
    return sorted(f for group in found for f in group if f.is_file())


def _reason(done: Run) -> str:
    """Why a run gave nothing, in a line: what it says of its errors, else its last line."""
    if done.expired:
        return f"stopped after {LIMIT:.0f} s"
    lines = [line.strip() for line in done.output.splitlines() if line.strip(" │╭╰─╮╯")]
    general = [i for i, line in enumerate(lines) if line.startswith("Error(s) encountered")]
    if general:  # openapi-python-client: the reasons follow
        text = " ".join(lines[general[0] + 1 : general[0] + 5])
    else:
        named = [line for line in lines if re.match(r"(\w*Error|error|Invalid)\b", line)]
        text = (named or lines or [f"exit status {done.status}"])[-1]
    return text if len(text) <= 240 else text[:237] + "..."
