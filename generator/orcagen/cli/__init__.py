"""The command line.

Exit status: 0 done; 1 the output differs, changes break callers, or findings count as errors; 2 the input is at fault;
3 orcagen is.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orcagen.diagnostics import InputError
from orcagen.output.verify import UnsafeText

_SHOWN = 20  # findings printed without --verbose
_DEPTH = 20_000  # documents nest deeper than Python's default allows for
_GLANCE = 0.25  # seconds between two looks of --watch

_ABOUT = "Turns an OpenAPI document (2.0, 3.0, 3.1, 3.2) into a typed Python client."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit status."""
    args = _parser().parse_args(arguments)
    sys.setrecursionlimit(max(_DEPTH, sys.getrecursionlimit()))
    gc.freeze()
    gc.set_threshold(200_000)  # one large tree that lives to the end: collecting it finds nothing
    try:
        return int(args.run(args))
    except InputError as error:
        _say(f"orcagen: {error}")
        return 2
    except UnsafeText as error:
        _say(f"orcagen: a defect of orcagen, nothing written: {error}")
        return 3
    except KeyboardInterrupt:
        _say("orcagen: interrupted; the package is as it was, or done")
        return 130
    except BrokenPipeError:
        return 0  # whoever read the output has seen enough
    except Exception as error:
        if "--verbose" in (arguments or sys.argv):
            raise
        _say(
            f"orcagen: a defect of orcagen: {type(error).__name__}: {error} (--verbose shows where)"
        )
        return 3


def run() -> None:
    """The command: `main`, without freeing a large document bit by bit at the end."""
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError):
            stream.flush()
    os._exit(status)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        print(f"orcagen {metadata.version('orcarouter')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="orcagen", description=_ABOUT)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = _command(
        commands,
        "generate",
        _generate,
        "write the client as an import package",
        "Writes DIR/NAME/.",
    )
    one.add_argument(
        "--output", required=True, type=Path, metavar="DIR", help="the folder that gets the package"
    )
    one.add_argument("--package", required=True, metavar="NAME", help="name of the import package")
    one.add_argument(
        "--report", type=Path, metavar="FILE", help="write operations, schemas and findings as JSON"
    )
    one.add_argument(
        "--repairs",
        type=Path,
        metavar="FILE",
        help="write what was repaired as an OpenAPI Overlay (JSON)",
    )
    one.add_argument(
        "--strict", action="store_true", help="findings are errors: exit 1, write nothing"
    )
    one.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 and say how the output differs"
    )
    one.add_argument(
        "--watch",
        action="store_true",
        help="go on, and generate again whenever the document changes",
    )
    one.add_argument(
        "--distribution",
        action="store_true",
        help="write pyproject.toml and README.md into DIR, if missing",
    )
    one.add_argument("--verbose", action="store_true", help="print every finding")

    two = _command(
        commands, "plan", _plan, "print what would be generated", "Prints the plan as JSON."
    )
    two.add_argument(
        "--package",
        default="client",
        metavar="NAME",
        help="name of the import package (default: client)",
    )

    three = _command(
        commands,
        "models",
        _models,
        "print the schemas as other models",
        "Made by datamodel-code-generator.",
    )
    flavors = ("typed-dict", "pydantic", "msgspec", "dataclass")
    three.add_argument("--flavor", required=True, choices=flavors, help="the kind of models")
    three.add_argument("--output", type=Path, metavar="FILE", help="write them to a file")
    three.set_defaults(package="")

    four = _command(
        commands,
        "diff",
        _diff,
        "say what changes for the callers of the client",
        "Compares the clients of two documents. Exit status 1 where callers break.",
        places=("old", "new"),
    )
    four.add_argument(
        "--format",
        choices=("text", "json", "markdown"),
        default="text",
        help="form of the report (default: text)",
    )
    four.add_argument(
        "--package",
        default="client",
        metavar="NAME",
        help="name of the import package (default: client)",
    )
    return parser


def _command(
    commands: Any,
    name: str,
    run: Any,
    text: str,
    description: str,
    places: tuple[str, ...] = ("spec",),
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=description)
    for place in places:
        parser.add_argument(
            place,
            metavar=place.upper(),
            help="path or URL of the document, or - for standard input",
        )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings (default: [tool.orcagen] of ./pyproject.toml)",
    )
    parser.add_argument(
        "--overlay",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="an OpenAPI Overlay to apply first",
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="follow references to other hosts"
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="follow references out of the document's folder",
    )
    parser.set_defaults(run=run)
    return parser


def _settings(args: argparse.Namespace) -> Any:
    from attrs import evolve

    from orcagen import config

    settings = config.read(args.config, args.package)
    return evolve(settings, overlays=(*settings.overlays, *args.overlay))


def _permissions(args: argparse.Namespace) -> Any:
    from orcagen.pipeline import Permissions

    return Permissions(args.allow_remote, args.allow_outside)


def _generate(args: argparse.Namespace) -> int:
    if not args.watch:
        return _generate_once(args)[0]
    inputs: list[str] = [args.spec]
    while True:
        seen = _states(inputs)  # taken before reading, so that no change slips through
        try:
            inputs = _generate_once(args)[1] or inputs
        except InputError as error:
            _say(f"orcagen: {error}")
        seen = {**_states(inputs), **seen}
        _wait({f: seen[f] for f in inputs})


def _wait(seen: dict[str, tuple[int, int]]) -> None:
    """Returns once a file has changed and two looks find it the same: it may be written in several steps."""
    before, now = seen, _states(list(seen))
    while now == seen or now != before:
        time.sleep(_GLANCE)
        before, now = now, _states(list(seen))


def _states(files: list[str]) -> dict[str, tuple[int, int]]:
    """Time and size of files; zeros for one that is not there."""
    found = {f: Path(f).stat() if Path(f).exists() else None for f in files}
    return {f: (s.st_mtime_ns, s.st_size) if s else (0, 0) for f, s in found.items()}


def _generate_once(args: argparse.Namespace) -> tuple[int, list[str]]:
    """The exit status, and the files that were read."""
    from orcagen.output import memory
    from orcagen.source.loader import root_of

    folder = args.output / args.package
    settings = _settings(args)
    key = {
        "document": Path(args.spec).name,  # stands in the text
        "config": repr(settings),
        "remote": args.allow_remote,
        "outside": args.allow_outside,
    }
    last = memory.recall(folder, key, root_of(args.spec))
    if last is not None and last.is_current:
        return _finish(args, folder, last.report, None), list(last.inputs)
    from orcagen.pipeline import generate, report

    made = generate(args.spec, args.package, settings, _permissions(args), _progress)
    _progress("")
    summary = report(made)
    status = _finish(args, folder, summary, made.files)
    if status == 0 and not args.check:
        memory.remember(folder, key, made.inputs, made.files, summary)
    return status, [i for i in made.inputs if Path(i).is_file()]


def _finish(
    args: argparse.Namespace,
    folder: Path,
    report: dict[str, Any],
    files: Mapping[str, str | None] | None,
) -> int:
    """Says and writes what there is. Files without a text, or no files at all, are as they should be."""
    _print_findings(report["diagnostics"], None if args.verbose else _SHOWN)
    if args.report:
        _save(args.report, json.dumps(report, indent=1) + "\n")
    if args.repairs:
        from orcagen.openapi import repairs

        made = repairs.overlay(Path(args.spec).name, report["repairs"])
        _save(args.repairs, json.dumps(made, indent=1, ensure_ascii=False) + "\n")
    if args.strict and report["diagnostics"]:
        _say(
            f"orcagen: {len(report['diagnostics'])} findings are errors with --strict; nothing written"
        )
        return 1
    from orcagen.output.write import compare, difference, recover, write

    if files is None:
        if not args.check:
            recover(folder.resolve())  # an interrupted run may have got this far
        _say(f"{folder}: up to date")
        return 0

    if args.check:
        changes = compare(files, folder)
        for line in difference(files, folder, changes):
            print(line)
        if changes:
            _say(f"orcagen: {folder} differs from what {args.spec} gives; generate it again")
        return 1 if changes else 0
    changes = write(files, folder)
    if args.distribution:
        from orcagen.output.distribution import write_distribution

        write_distribution(args.output, args.package)
    _say(
        f"{folder}: {len(report['operations'])} operations, {len(report['schemas'])} schemas;"
        f" {len(changes.written)} files written, {changes.unchanged} unchanged, {len(changes.removed)} removed"
    )
    return 0


def _plan(args: argparse.Namespace) -> int:
    import attrs

    from orcagen.pipeline import plan_of

    planned = plan_of(args.spec, args.package, _settings(args), _permissions(args))
    _print_findings([attrs.asdict(d) for d in planned.diagnostics], _SHOWN)
    json.dump(attrs.asdict(planned.package), sys.stdout, indent=2, default=str)
    print()
    return 0


def _models(args: argparse.Namespace) -> int:
    import attrs

    from orcagen.pipeline import models_of

    text, found = models_of(args.spec, args.flavor, _settings(args), _permissions(args))
    _print_findings([attrs.asdict(d) for d in found], _SHOWN)
    if args.output:
        _save(args.output, text)
    else:
        print(text, end="")
    return 0


def _diff(args: argparse.Namespace) -> int:
    from orcagen.diff import as_json, as_markdown, as_text, compare
    from orcagen.pipeline import plan_of

    settings, permissions = _settings(args), _permissions(args)
    old, new = (
        plan_of(d, args.package, settings, permissions).package for d in (args.old, args.new)
    )
    found = compare(old, new)
    if args.format == "json":
        print(json.dumps(as_json(found), indent=1))
    else:
        print((as_markdown if args.format == "markdown" else as_text)(found).rstrip())
    return 1 if found.breaking else 0


def _print_findings(found: Sequence[dict[str, Any]], most: int | None) -> None:
    from orcagen.diagnostics import Diagnostic

    for finding in found[:most]:
        _say(str(Diagnostic(**finding)))
    if most is not None and len(found) > most:
        _say(f"... and {len(found) - most} more findings; --verbose or --report shows them")


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _progress(text: str) -> None:
    """The stage at work, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text} ..." if text else "\r\033[K", end="", file=sys.stderr, flush=True)


def _save(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", str(path)) from error
