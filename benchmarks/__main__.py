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
from benchmarks.about import about
from benchmarks.budgets import verdicts
from benchmarks.chart import chart
from benchmarks.figures import Document, Figures, read, write
from benchmarks.report import report
from benchmarks.tools import Tool

HERE = Path(__file__).resolve().parent
NAMES = ("generation", "again", "growth", "small", "imports", "codec", "request", "start")
V = TypeVar("V")
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orcarouter-benchmarks"


def main(arguments: list[str]) -> int:
    """Exit status 1 if a budget is missed."""
    args = _arguments(arguments)
    chosen = args.only.split(",") if args.only else list(NAMES)
    if unknown := [name for name in chosen if name not in NAMES]:
        sys.exit(f"no measurement is called {unknown[0]}; there are {', '.join(NAMES)}")
    figures = read(HERE / "results.json")
    generators = [tools.ours(metadata.version("orcarouter"))]
    missing: list[str] = []
    if args.peers:
        found, missing = peers.installed(args.cache)
        generators += found
    if not args.only:
        shutil.rmtree(args.cache / "work", ignore_errors=True)
    command = " ".join(["python -m benchmarks", *arguments])
    bench = Bench(args, generators, figures)
    for name in chosen:
        facts = about(command, generators)
        progress.step(name)
        notes = [*missing, *getattr(bench, name)()]
        figures.about = _ordered(figures.about | {name: facts})
        figures.notes = _ordered(figures.notes | {name: notes})
        write(figures, HERE / "results.json")
    return _written()


def _ordered(values: dict[str, V]) -> dict[str, V]:
    return {name: values[name] for name in NAMES if name in values}


class Bench:
    """The measurements by name. Each puts its rows into `figures` and returns notes."""

    def __init__(self, args: argparse.Namespace, generators: list[Tool], figures: Figures) -> None:
        self.generators, self.figures = generators, figures
        self.work: Path = args.cache / "work"
        self._args = args

    def generation(self) -> list[str]:
        chosen = self._args.select.split(",") if self._args.select else None
        found, notes = documents.found(self._args.documents, chosen)
        self.figures.generation = generation.measure(found, self.generators, self.work)
        self._know(found)
        return notes

    def again(self) -> list[str]:
        large = self._large()
        self.figures.again = generation.again(large, self.generators[0], self.work)
        self._know([large])
        return []

    def growth(self) -> list[str]:
        large = self._large()
        if large.name != documents.LARGE:
            return [f"there is no document {documents.LARGE}; nothing to cut"]
        found, self.figures.growth = generation.growth(large, self.generators, self.work)
        self._know(found)
        return []

    def small(self) -> list[str]:
        document = documents.small_one(self.work)
        self.figures.small = generation.small(document, self.generators, self.work)
        self._know([document])
        return []

    def imports(self) -> list[str]:
        little = documents.small_one(self.work)
        self.figures.imports, notes = imports.measure(
            self._large(), little, self.generators, self.work
        )
        return notes

    def codec(self) -> list[str]:
        found = [documents.small_one(self.work), documents.small_one(self.work, times=True)]
        self.figures.codec, notes = codec.measure(found, self.generators, self.work)
        return notes

    def request(self) -> list[str]:
        document = documents.small_one(self.work)
        self.figures.request, notes = request.measure(document, self.generators, self.work)
        return notes

    def start(self) -> list[str]:
        self.figures.start, notes = starts.commands(starts.programs())
        return notes

    def _large(self) -> Document:
        found, _ = documents.found(self._args.documents, [documents.LARGE])
        return max(found, key=lambda d: d.size)

    def _know(self, found: list[Document]) -> None:
        known = {d.name: d for d in self.figures.documents} | {d.name: d for d in found}
        self.figures.documents = sorted(known.values(), key=lambda d: d.size)


def _written() -> int:
    """Text and plot from the file, so that they hold what it holds."""
    figures = read(HERE / "results.json")
    (HERE / "RESULTS.md").write_text(report(figures), encoding="utf-8")
    (HERE / "results.svg").write_text(chart(figures), encoding="utf-8")
    found = verdicts(figures)
    for verdict in found:
        progress.step(f"{verdict.what}: {verdict.text}")
    return int(any(verdict.met is False for verdict in found))


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAMES", help=f"of {','.join(NAMES)}; the rest stays as it was"
    )
    parser.add_argument(
        "--peers",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="other generators too, installed where they are not (default: yes)",
    )
    parser.add_argument(
        "--documents",
        type=Path,
        default=documents.FOLDER,
        metavar="DIR",
        help="folder of documents (default: ../shared/corpus/specs)",
    )
    parser.add_argument(
        "--select", metavar="NAMES", help="documents of the folder, by name without suffix, or all"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=_CACHE,
        metavar="DIR",
        help="where peers are installed and output goes (default: %(default)s)",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
