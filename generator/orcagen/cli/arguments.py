"""The arguments of all commands."""

from __future__ import annotations

import argparse
from pathlib import Path

from orcagen.cli import commands, generate
from orcagen.config import HTTP_LIBRARIES

_GENERATE_FILES = {
    "--report": "write operations, schemas and diagnostics as JSON",
    "--fixes-overlay": "write an OpenAPI Overlay (JSON) that fixes what diagnostics report",
}
_GENERATE_FLAGS = {
    "--strict": "treat diagnostics as errors: write nothing, exit with 1",
    "--check": "write nothing; print how the package differs, and exit with 1 if it does",
    "--watch": "keep running, and generate again whenever an input changes",
    "--distribution": "write pyproject.toml, README.md and a test into DIR, unless they exist, and the API reference into DIR/docs",
}
_COMMON_FLAGS = {
    "--allow-remote": "follow references to other hosts",
    "--allow-outside": "follow references to files outside the document's folder",
    "--verbose": "print every diagnostic, and tracebacks",
}
_AUDIENCES = {
    "callers": "what changes for code that uses the regenerated client (the default)",
    "wire": "what changes for clients that are deployed, and stay as they are",
}
_FLAVORS = ("typed-dict", "pydantic", "msgspec", "dataclass")


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
    parser = argparse.ArgumentParser(
        prog="orcagen",
        description="Turns an OpenAPI document (2.0, 3.0, 3.1, 3.2) into a typed Python client.",
    )
    parser.add_argument(
        "--version", action=_PrintVersion, nargs=0, help="print the version and exit"
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    command = subparsers.add_parser(
        "generate",
        help="write the client as an import package",
        description="Writes the client of a document to DIR/NAME/. Without SPEC, those of all packages in the settings that have"
        " `spec` and `output`, or only of the one that --package names.",
    )
    command.set_defaults(run=generate.run, error=command.error)
    text = "path or URL of the document, or - for standard input"
    command.add_argument("spec", metavar="SPEC", nargs="?", help=text)
    _add_common(command)
    command.add_argument("--output", type=Path, metavar="DIR", help="where to write the package")
    command.add_argument("--package", metavar="NAME", help="name of the import package")
    for name, text in _GENERATE_FILES.items():
        command.add_argument(name, type=Path, metavar="FILE", help=text)
    for name, text in _GENERATE_FLAGS.items():
        command.add_argument(name, action="store_true", help=text)
    text = "the HTTP library that the distribution requires (default: httpx)"
    command.add_argument("--http", choices=HTTP_LIBRARIES, help=text)

    command = subparsers.add_parser(
        "docs",
        help="write the API reference of the client",
        description="Writes the API reference of the client as pages in Markdown: operations by tag, and models.",
    )
    command.set_defaults(run=commands.docs)
    _add_common(command, "spec")
    command.add_argument(
        "--output", required=True, type=Path, metavar="DIR", help="where to write the pages"
    )
    _add_default_package(command)

    command = subparsers.add_parser(
        "plan",
        help="print what would be generated",
        description="Prints the plan of the client as JSON.",
    )
    command.set_defaults(run=commands.plan)
    _add_common(command, "spec")
    _add_default_package(command)

    command = subparsers.add_parser(
        "models",
        help="print the schemas as models of another kind",
        description="Prints the schemas as models of another kind, made by datamodel-code-generator.",
    )
    command.set_defaults(run=commands.models, package="")
    _add_common(command, "spec")
    command.add_argument("--flavor", required=True, choices=_FLAVORS, help="the kind of models")
    command.add_argument("--output", type=Path, metavar="FILE", help="write to a file instead")

    command = subparsers.add_parser(
        "infer",
        help="propose declarations of pages, long-running operations and idempotency keys",
        description="Proposes what a document does not declare: pages, long-running operations and idempotency keys, as an Overlay with"
        " the confidence and the evidence of each. Nothing is used unless you apply it.",
    )
    command.set_defaults(run=commands.infer, package="")
    _add_common(command, "spec")
    command.add_argument("--output", type=Path, metavar="FILE", help="write the Overlay to a file")
    command.add_argument(
        "--confidence",
        type=float,
        default=0.6,
        metavar="NUMBER",
        help="the least confidence of a proposal, from 0 to 1 (default: 0.6)",
    )

    command = subparsers.add_parser(
        "mock",
        help="run a server that answers as a document says",
        description="Runs a mock of the API until it is interrupted: it validates requests, and answers from examples, else from schemas.",
    )
    command.set_defaults(run=commands.mock, package="")
    _add_common(command, "spec")
    text = "address to listen on (default: 127.0.0.1)"
    command.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=text)
    text = "port to listen on (default: a free one)"
    command.add_argument("--port", type=int, default=0, metavar="N", help=text)
    text = "chooses the values that are made up (default: 0)"
    command.add_argument("--seed", type=int, default=0, metavar="N", help=text)
    text = "start with empty collections: ids that were not stored are unknown"
    command.add_argument("--strict-state", action="store_true", help=text)
    text = "fault script, YAML or JSON: which requests fail, and how"
    command.add_argument("--faults", default=(), metavar="FILE", help=text)

    command = subparsers.add_parser(
        "diff",
        help="print what changes for the callers of the client",
        description="Compares two versions of a document. Exits with 1 if a change breaks callers.",
    )
    command.set_defaults(run=commands.diff)
    _add_common(command, "old", "new", more=", or git:REVISION:PATH")
    audience = command.add_mutually_exclusive_group()
    for name, text in _AUDIENCES.items():
        audience.add_argument(
            f"--{name}",
            dest="audience",
            action="store_const",
            const=name,
            default="callers",
            help=text,
        )
    command.add_argument(
        "--format",
        choices=("text", "json", "markdown", "github", "junit"),
        default="text",
        help="format of the output (default: text)",
    )
    _add_default_package(command)
    return parser


def _read_size(text: str) -> int:
    size = int(text)
    if size < 1:
        raise ValueError
    return size


def _add_common(command: argparse.ArgumentParser, *documents: str, more: str = "") -> None:
    """Adds the arguments that all commands have."""
    for document in documents:
        text = f"path or URL of the document, or - for standard input{more}"
        command.add_argument(document, metavar=document.upper(), help=text)
    text = "settings (default: [tool.orcagen] of ./pyproject.toml)"
    command.add_argument("--config", type=Path, metavar="FILE", help=text)
    text = "apply an OpenAPI Overlay first; may be repeated"
    command.add_argument(
        "--overlay", type=Path, action="append", default=[], metavar="FILE", help=text
    )
    text = "size of a file in MiB that is still read (default: 64)"
    command.add_argument("--max-size", type=_read_size, default=64, metavar="N", help=text)
    for name, text in _COMMON_FLAGS.items():
        command.add_argument(name, action="store_true", help=text)


def _add_default_package(command: argparse.ArgumentParser) -> None:
    text = "name of the import package (default: client)"
    command.add_argument("--package", default="client", metavar="NAME", help=text)
