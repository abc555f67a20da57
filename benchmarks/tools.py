"""The generators: how each is run, and the output of a run."""

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
    """A generator.

    `command` makes a command line of the document, the folder to write to and the name of the package; `outputs` gives the
    files and folders that it writes for a package.
    """

    name: str
    version: str
    suffix: str
    command: Callable[[Document, Path, str], list[str | Path]]
    outputs: Callable[[str], tuple[str, ...]]
    path: Path | None = None

    def package(self, document: Document) -> str:
        """The name of the package for a document, with the generator's suffix, so that one process can import several."""
        return re.sub(r"\W", "_", document.name).lower() + "_" + self.suffix

    def env(self) -> dict[str, str]:
        """The PATH with the generator's programs first: openapi-python-client runs ruff from the PATH."""
        return {"PATH": f"{self.path}{os.pathsep}{os.environ['PATH']}"} if self.path else {}

    def generate(self, document: Document, folder: Path, run_name: str = "first") -> Generation:
        """Generates into `folder`; a first run begins by deleting earlier output."""
        package = self.package(document)
        paths = [folder / name for name in self.outputs(package)]
        if run_name == "first":
            for path in paths:
                shutil.rmtree(path, ignore_errors=True)
                path.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        before = {f: f.stat().st_mtime_ns for f in _files(paths)}
        command = self.command(document, folder, package)
        done = run(command, cwd=folder, env=self.env(), limit=LIMIT)
        files = _files(paths)
        row = Generation(document.name, self.name, run_name, done.cpu, done.peak)
        if done.status or not files:
            return evolve(row, error=_error(done))
        return evolve(
            row,
            files=len(files),
            lines=sum(f.read_bytes().count(b"\n") for f in files),
            size=sum(f.stat().st_size for f in files),
            operations=self._count_operations(done, paths),
            files_written=sum(before.get(f) != f.stat().st_mtime_ns for f in files),
        )

    def ensure_output(self, document: Document, folder: Path) -> bool:
        """Generates, unless another generator's output is in the folder already. False if the generator fails."""
        paths = [folder / name for name in self.outputs(self.package(document))]
        if self.name != OURS and _files(paths):
            return True
        return not self.generate(document, folder).error

    def _count_operations(self, done: Run, paths: list[Path]) -> int | None:
        if self.name == OURS:
            match = re.search(r"(\d+) operations", done.output)
            return int(match[1]) if match else None
        if self.name == OPC:
            modules = paths[0].glob("api/**/*.py")
            return sum(1 for f in modules if f.name != "__init__.py")
        return None


def ours(version: str) -> Tool:
    def command(document: Document, folder: Path, package: str) -> list[str | Path]:
        program: list[str | Path] = [sys.executable, "-m", "orcagen"]
        return [*program, "generate", document.path, "--output", folder, "--package", package]

    return Tool(OURS, version, "orcagen", command, lambda package: (package,))


def openapi_python_client(version: str, path: Path) -> Tool:
    def command(document: Document, folder: Path, package: str) -> list[str | Path]:
        options = ("--path", document.path, "--meta", "none", "--overwrite")
        return [path / OPC, "generate", *options, "--output-path", folder / package]

    return Tool(OPC, version, "opc", command, lambda package: (package,), path)


def datamodel_code_generator(version: str, path: Path) -> Tool:
    def command(document: Document, folder: Path, package: str) -> list[str | Path]:
        models, client = f"{package}_models", f"{package}_client"
        # Schema names with dots become modules, which need a folder.
        output = folder / models if document.dotted else folder / f"{models}.py"
        program: list[str | Path] = [path / "datamodel-codegen", "--input", document.path]
        return [
            *program,
            *("--input-file-type", "openapi", "--output", output),
            *("--output-model-type", "pydantic_v2.BaseModel", "--disable-warnings"),
            *("--generate-client", "httpx2", "--client-output", folder / client),
            *("--client-package", client, "--client-model-package", models),
        ]

    outputs = ("{}_models.py", "{}_models", "{}_client")
    return Tool(DCG, version, "dcg", command, lambda p: tuple(o.format(p) for o in outputs), path)


def _files(paths: list[Path]) -> list[Path]:
    groups = (path.rglob("*.py") if path.is_dir() else [path] for path in paths)
    return sorted(f for group in groups for f in group if f.is_file())


def _error(done: Run) -> str:
    """The error message in the output of a failed run, in one line; its last line if there is no such message."""
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
