"""The arguments of all commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orcagen.cli import commands, generate

_DESCRIPTION = "Turns an OpenAPI document (2.0, 3.0, 3.1, 3.2) into a typed Python client."


class _PrintVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        try:
            version = metadata.version("orcagen")
        except metadata.PackageNotFoundError:
            version = "(not installed as a distribution)"  # a checkout on sys.path
        print(f"orcagen {version}")
        parser.exit()


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="orcagen", description=_DESCRIPTION)
    parser.add_argument(
        "--version", action=_PrintVersion, nargs=0, help="print the version and exit"
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_generate(subparsers)
    _add_plan(subparsers)
    _add_models(subparsers)
    _add_diff(subparsers)
    return parser


def _add_generate(subparsers: Any) -> None:
    parser = _add_command(
        subparsers,
        "generate",
        generate.run,
        "write the client as an import package",
        "Writes the client of a document to DIR/NAME/.",
    )
    parser.add_argument(
        "--output", required=True, type=Path, metavar="DIR", help="where to write the package"
    )
    parser.add_argument(
        "--package", required=True, metavar="NAME", help="name of the import package"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="write operations, schemas and diagnostics as JSON",
    )
    parser.add_argument(
        "--fixes-overlay",
        type=Path,
        metavar="FILE",
        help="write an OpenAPI Overlay (JSON) that fixes what diagnostics report",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="treat diagnostics as errors: write nothing, exit with 1",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; print how the package differs, and exit with 1 if it does",
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help="keep running, and generate again whenever an input changes",
    )
    parser.add_argument(
        "--distribution",
        action="store_true",
        help="write pyproject.toml and README.md into DIR, unless they exist",
    )


def _add_plan(subparsers: Any) -> None:
    parser = _add_command(
        subparsers,
        "plan",
        commands.plan,
        "print what would be generated",
        "Prints the plan of the client as JSON.",
    )
    _add_default_package(parser)


def _add_models(subparsers: Any) -> None:
    parser = _add_command(
        subparsers,
        "models",
        commands.models,
        "print the schemas as models of another kind",
        "Prints the schemas as models of another kind, made by datamodel-code-generator.",
    )
    flavors = ("typed-dict", "pydantic", "msgspec", "dataclass")
    parser.add_argument("--flavor", required=True, choices=flavors, help="the kind of models")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to a file instead")
    parser.set_defaults(package="")


def _add_diff(subparsers: Any) -> None:
    parser = _add_command(
        subparsers,
        "diff",
        commands.diff,
        "print what changes for the callers of the client",
        "Compares the clients of two documents. Exits with 1 if a change breaks callers.",
        documents=("old", "new"),
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "markdown"),
        default="text",
        help="format of the output (default: text)",
    )
    _add_default_package(parser)


def _add_default_package(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--package",
        default="client",
        metavar="NAME",
        help="name of the import package (default: client)",
    )


def _add_command(
    subparsers: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    description: str,
    documents: tuple[str, ...] = ("spec",),
) -> argparse.ArgumentParser:
    """Adds a command with the arguments that all of them have."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name, help=summary, description=description
    )
    for document in documents:
        parser.add_argument(
            document,
            metavar=document.upper(),
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
        help="apply an OpenAPI Overlay first; may be repeated",
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="follow references to other hosts"
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        help="follow references to files outside the document's folder",
    )
    parser.add_argument(
        "--verbose", action="store_true", help="print every diagnostic, and tracebacks"
    )
    parser.set_defaults(run=run)
    return parser
