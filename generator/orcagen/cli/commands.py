"""`orcagen docs`, `orcagen plan`, `orcagen models`, `orcagen infer`, `orcagen mock` and `orcagen diff`, and what all commands share.

Stages are imported where they run: help and an unchanged package need none of them.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orcagen.diagnostics import Diagnostic, InputError

if TYPE_CHECKING:
    from orcagen.config import Config
    from orcagen.pipeline import Permissions

_MAX_DIAGNOSTICS = 20  # printed without --verbose


def plan(args: Namespace) -> int:
    from orcagen.pipeline import make_plan
    from orcagen.plan.dump import dump

    planned = make_plan(args.spec, args.package, read_config(args), make_permissions(args))
    print_diagnostics(planned.diagnostics, args.verbose)
    json.dump(dump(planned.package), sys.stdout, indent=2)
    print()
    return 0


def docs(args: Namespace) -> int:
    from orcagen.output.distribution import write_pages
    from orcagen.pipeline import make_plan
    from orcagen.render.reference import render_reference

    config = read_config(args)
    planned = make_plan(args.spec, args.package, config, make_permissions(args))
    print_diagnostics(planned.diagnostics, args.verbose)
    changes = write_pages(render_reference(planned.package, config.templates), args.output)
    updated, removed = len(changes.updated), len(changes.removed)
    print(
        f"{args.output}: {updated} pages written, {changes.unchanged} unchanged, {removed} removed",
        file=sys.stderr,
    )
    return 0


def models(args: Namespace) -> int:
    from orcagen.pipeline import generate_models

    config, permissions = read_config(args), make_permissions(args)
    text, diagnostics = generate_models(args.spec, args.flavor, config, permissions)
    print_diagnostics(diagnostics, args.verbose)
    if args.output:
        write_text(args.output, text)
    else:
        print(text, end="")
    return 0


def infer(args: Namespace) -> int:
    import yaml

    from orcagen.infer import as_overlay
    from orcagen.pipeline import infer_declarations

    proposals = infer_declarations(args.spec, read_config(args), make_permissions(args))
    kept = [p for p in proposals if p.confidence >= args.confidence]
    overlay = as_overlay(Path(args.spec).name, kept)
    text = yaml.safe_dump(overlay, sort_keys=False, allow_unicode=True, width=120)
    if args.output:
        write_text(args.output, text)
    else:
        print(text, end="")
    counts = Counter(p.extension for p in kept)
    summary = ", ".join(f"{count} of {name}" for name, count in counts.items()) or "none"
    more = (
        f"; {len(proposals) - len(kept)} below {args.confidence}"
        if len(kept) < len(proposals)
        else ""
    )
    print(f"{len(kept)} proposals: {summary}{more}", file=sys.stderr)
    return 0


def mock(args: Namespace) -> int:
    from orcagen.mock import MockServer, ScriptError

    try:
        server = MockServer(
            args.spec,
            faults=args.faults,
            seed=args.seed,
            strict_state=args.strict_state,
            host=args.host,
            port=args.port,
            config=read_config(args),
            permissions=make_permissions(args),
        )
    except ScriptError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from error
    print_diagnostics(server.diagnostics, args.verbose)
    server.run()
    return 0


def diff(args: Namespace) -> int:
    from orcagen.diff import as_github, as_json, as_junit, as_markdown, as_text, compare
    from orcagen.pipeline import plan_version

    config, permissions = read_config(args), make_permissions(args)
    old, new = (
        plan_version(spec, args.package, config, permissions) for spec in (args.old, args.new)
    )
    changes = compare(old, new, args.audience)
    match args.format:
        case "json":
            text = json.dumps(as_json(changes), indent=1)
        case "github":
            source = new.references.source
            find_lines = partial(source.find_lines, source.root)
            text = as_github(changes, locate_in_repository(args.new), find_lines)
        case name:
            formats = {"text": as_text, "markdown": as_markdown, "junit": as_junit}
            text = formats[name](changes)
    if text:
        print(text.rstrip())
    return 1 if changes.breaking else 0


def locate_in_repository(spec: str) -> str:
    """The path of a document for annotations, which have paths from the root of the repository."""
    from orcagen.source import git

    if git.is_git(spec):
        return git.split(git.locate(spec))[1]
    return Path(spec).as_posix()


def read_config(args: Namespace) -> Config:
    """The settings of the package."""
    from orcagen import config

    return add_overlays(config.read(args.config, args.package), args)


def add_overlays(config: Config, args: Namespace) -> Config:
    """The settings, with the overlays of the command line after those of the file."""
    from attrs import evolve

    return evolve(config, overlays=(*config.overlays, *args.overlay))


def make_permissions(args: Namespace) -> Permissions:
    from orcagen.pipeline import Permissions

    return Permissions(args.allow_remote, args.allow_outside, args.max_size << 20)


def print_diagnostics(diagnostics: Sequence[Diagnostic], verbose: bool) -> None:
    limit = len(diagnostics) if verbose else _MAX_DIAGNOSTICS
    for diagnostic in diagnostics[:limit]:
        print(diagnostic, file=sys.stderr)
    if len(diagnostics) > limit:
        print(
            f"... and {len(diagnostics) - limit} more diagnostics; --verbose prints them",
            file=sys.stderr,
        )


def write_text(path: Path, text: str) -> None:
    """Writes a file and the folders above it. Raises InputError if that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", str(path)) from error
