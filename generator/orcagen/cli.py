"""The command line. Exit status: 0 done, 1 the output differs or findings count as errors, 2 the input is at fault, 3 orcagen is."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from orcagen.diagnostics import Diagnostic, InputError
from orcagen.verify import UnsafeText

_SHOWN = 20  # findings printed without --verbose
_DEPTH = 20_000  # documents nest deeper than Python's default allows for

_ABOUT = "Turns an OpenAPI document (2.0, 3.0, 3.1, 3.2) into a typed Python client."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit status."""
    parser = _parser()
    args = parser.parse_args(arguments)
    sys.setrecursionlimit(max(_DEPTH, sys.getrecursionlimit()))
    gc.freeze()
    gc.set_threshold(200_000)  # one large tree that lives to the end: collecting it finds nothing
    try:
        return int(args.run(args))
    except InputError as error:
        print(f"orcagen: {error}", file=sys.stderr)
        return 2
    except UnsafeText as error:
        print(f"orcagen: a defect of orcagen, nothing written: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("orcagen: interrupted; nothing was left half written", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="orcagen", description=_ABOUT)
    parser.add_argument(
        "--version", action="version", version=f"orcagen {metadata.version('orcarouter')}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser(
        "generate", help="write the client as an import package", description="Writes DIR/NAME/."
    )
    _reading(one)
    one.add_argument(
        "--output", required=True, type=Path, metavar="DIR", help="the folder that gets the package"
    )
    one.add_argument("--package", required=True, metavar="NAME", help="name of the import package")
    one.add_argument(
        "--report", type=Path, metavar="FILE", help="write operations, schemas and findings as JSON"
    )
    one.add_argument(
        "--strict", action="store_true", help="findings are errors: exit 1, write nothing"
    )
    one.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 and say how the output differs"
    )
    one.add_argument("--verbose", action="store_true", help="print every finding")
    one.set_defaults(run=_generate)

    two = commands.add_parser(
        "plan",
        help="print what would be generated, as JSON",
        description="Prints the plan as JSON.",
    )
    _reading(two)
    two.add_argument(
        "--package",
        default="client",
        metavar="NAME",
        help="name of the import package (default: client)",
    )
    two.set_defaults(run=_plan)
    return parser


def _reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "spec", metavar="SPEC", help="path or URL of the document, or - for standard input"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings (default: [tool.orcagen] of ./pyproject.toml)",
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="follow references to other hosts"
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="follow references out of the document's folder",
    )


def _options(args: argparse.Namespace) -> dict[str, Any]:
    from orcagen import config

    return {
        "config": config.read(args.config, args.package),
        "allow_remote": args.allow_remote,
        "allow_outside": args.allow_outside,
        "say": _progress if sys.stderr.isatty() else _quiet,
    }


def _quiet(text: str) -> None:
    """Nobody watches."""


def _progress(text: str) -> None:
    print(f"\r\033[K{text} ...", end="", file=sys.stderr, flush=True)


def _generate(args: argparse.Namespace) -> int:
    from orcagen.generate import generate, report
    from orcagen.write import compare, difference, write

    made = generate(args.spec, args.package, **_options(args))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    _print(made.diagnostics, None if args.verbose else _SHOWN)
    if args.report:
        _save(args.report, report(made))
    folder = args.output / args.package
    if args.strict and made.diagnostics:
        print(
            f"orcagen: {len(made.diagnostics)} findings are errors with --strict; nothing written",
            file=sys.stderr,
        )
        return 1
    if args.check:
        changes = compare(made.files, folder)
        for line in difference(made.files, folder, changes):
            print(line)
        if changes:
            print(
                f"orcagen: {folder} differs from what {args.spec} gives; generate it again",
                file=sys.stderr,
            )
        return 1 if changes else 0
    changes = write(made.files, folder)
    operations = sum(len(a.functions) for a in made.package.apis)
    print(
        f"{folder}: {operations} operations, {len(made.package.schemas)} schemas;"
        f" {len(changes.written)} files written, {changes.unchanged} unchanged, {len(changes.removed)} removed",
        file=sys.stderr,
    )
    return 0


def _plan(args: argparse.Namespace) -> int:
    import attrs

    from orcagen.generate import plan_of

    planned = plan_of(args.spec, args.package, **_options(args))
    _print(planned.diagnostics, _SHOWN)
    json.dump(attrs.asdict(planned.package), sys.stdout, indent=2, default=str)
    print()
    return 0


def _print(found: Sequence[Diagnostic], most: int | None) -> None:
    shown: Iterable[Diagnostic] = found if most is None else found[:most]
    for diagnostic in shown:
        print(diagnostic, file=sys.stderr)
    if most is not None and len(found) > most:
        print(
            f"... and {len(found) - most} more findings; --verbose or --report shows them",
            file=sys.stderr,
        )


def _save(path: Path, data: Any) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", str(path)) from error
