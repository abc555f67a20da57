"""The command line: measures, then writes results.json, RESULTS.md and results.svg beside itself."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from benchmarks import (
    codec,
    documents,
    generation,
    imports,
    peers,
    progress,
    request,
    starts,
    tools,
)
from benchmarks.budgets import verdicts
from benchmarks.chart import chart
from benchmarks.environment import describe_environment
from benchmarks.figures import Document, Figures, read, write
from benchmarks.report import report
from benchmarks.tools import Tool

HERE = Path(__file__).resolve().parent
NAMES = ("generation", "unchanged", "growth", "small", "imports", "codec", "request", "start")
V = TypeVar("V")
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orcarouter-benchmarks"


def main(arguments: list[str]) -> int:
    """Exit status 1 if a budget is missed."""
    args = _arguments(arguments)
    chosen = args.only.split(",") if args.only else list(NAMES)
    if unknown := [name for name in chosen if name not in NAMES]:
        sys.exit(f"unknown measurement {unknown[0]!r}, expected one of {', '.join(NAMES)}")
    figures = read(HERE / "results.json")
    generators = [tools.ours(metadata.version("orcagen"))]
    missing: list[str] = []
    if args.peers:
        others, missing = peers.install_peers(args.cache)
        generators += others
    if not args.only:
        shutil.rmtree(args.cache / "work", ignore_errors=True)
    command = " ".join(["python -m benchmarks", *arguments])
    bench = Bench(args, generators, figures)
    for name in chosen:
        environment = describe_environment(command, generators)
        progress.step(name)
        notes = [*missing, *getattr(bench, name)()]
        figures.environment = _ordered(figures.environment | {name: environment})
        figures.notes = _ordered(figures.notes | {name: notes})
        write(figures, HERE / "results.json")
    return _write_report()


def _ordered(values: dict[str, V]) -> dict[str, V]:
    return {name: values[name] for name in NAMES if name in values}


class Bench:
    """The measurements by name. Each writes its rows into `figures` and returns notes."""

    def __init__(self, args: argparse.Namespace, generators: list[Tool], figures: Figures) -> None:
        self.generators, self.figures = generators, figures
        self.work: Path = args.cache / "work"
        self._args = args

    def generation(self) -> list[str]:
        chosen = self._args.select.split(",") if self._args.select else None
        measured, notes = documents.find_documents(self._args.documents, chosen)
        self.figures.generation = generation.measure(measured, self.generators, self.work)
        self._add_documents(measured)
        return notes

    def unchanged(self) -> list[str]:
        large = self._large()
        self.figures.unchanged = generation.unchanged(large, self.generators[0], self.work)
        self._add_documents([large])
        return []

    def growth(self) -> list[str]:
        large = self._large()
        if large.name != documents.LARGE:
            return [f"there is no document {documents.LARGE}"]
        measured, self.figures.growth = generation.growth(large, self.generators, self.work)
        self._add_documents(measured)
        return []

    def small(self) -> list[str]:
        document = documents.small_document(self.work)
        self.figures.small = generation.small(document, self.generators, self.work)
        self._add_documents([document])
        return []

    def imports(self) -> list[str]:
        small = documents.small_document(self.work)
        self.figures.imports, notes = imports.measure(
            self._large(), small, self.generators, self.work
        )
        return notes

    def codec(self) -> list[str]:
        pair = [documents.small_document(self.work, times) for times in (False, True)]
        nested = documents.nested_document(self.work)
        self.figures.codec, notes = codec.measure(pair, nested, self.generators, self.work)
        return notes

    def request(self) -> list[str]:
        document = documents.small_document(self.work)
        self.figures.request, notes = request.measure(document, self.generators, self.work)
        return notes

    def start(self) -> list[str]:
        self.figures.start, notes = starts.commands(starts.command_lines())
        return notes

    def _large(self) -> Document:
        available, _ = documents.find_documents(self._args.documents, [documents.LARGE])
        return max(available, key=lambda d: d.size)

    def _add_documents(self, measured: list[Document]) -> None:
        by_name = {d.name: d for d in (*self.figures.documents, *measured)}
        self.figures.documents = sorted(by_name.values(), key=lambda d: d.size)


def _write_report() -> int:
    """Writes RESULTS.md and results.svg from results.json. 1 if a budget is missed, else 0."""
    figures = read(HERE / "results.json")
    (HERE / "RESULTS.md").write_text(report(figures), encoding="utf-8")
    (HERE / "results.svg").write_text(chart(figures), encoding="utf-8")
    results = verdicts(figures)
    for verdict in results:
        progress.step(f"{verdict.what}: {verdict.text}")
    return int(any(verdict.met is False for verdict in results))


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAMES", help=f"measurements to run, of {','.join(NAMES)} (default: all)"
    )
    parser.add_argument(
        "--peers",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure the other generators too, and install them if necessary (default: yes)",
    )
    parser.add_argument(
        "--documents",
        type=Path,
        default=documents.FOLDER,
        metavar="DIR",
        help="folder of documents (default: ../shared/corpus/specs)",
    )
    parser.add_argument(
        "--select",
        metavar="NAMES",
        help="documents of the folder, by file name without suffix, or all",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=_CACHE,
        metavar="DIR",
        help="folder for the other generators and for output (default: %(default)s)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
