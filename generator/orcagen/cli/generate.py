"""`orcagen generate`."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from collections.abc import Collection
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from orcagen.cli.commands import (
    add_overlays,
    make_permissions,
    print_diagnostics,
    read_config,
    write_text,
)
from orcagen.diagnostics import InputError

if TYPE_CHECKING:
    from orcagen.config import Config
    from orcagen.output.manifest import Origin
    from orcagen.pipeline import Generated
    from orcagen.plan import Package

Fingerprint: TypeAlias = tuple[int, int]

_POLL_INTERVAL = 0.25  # seconds, of --watch


def run(args: Namespace) -> int:
    if args.watch:
        _watch(args)
    return _generate_all(args, _find_packages(args), {})


def _generate_all(
    args: Namespace, packages: dict[str, Config], watched: dict[str, set[str]]
) -> int:
    """Generates each of the packages, whatever is wrong with others. Returns the highest exit status.

    The paths that decide about each package are put into `watched`.
    """
    exit_statuses = []
    for name, config in packages.items():
        own = Namespace(**vars(args))
        own.package, own.spec, own.output = name, config.spec, config.output
        try:
            status, inputs = _generate(own, config)
            watched[name] = _find_watched_paths(config, inputs)
        except InputError as error:
            status = 2
            _print(f"orcagen: {error}" if args.spec else f"orcagen: package {name}: {error}")
        exit_statuses.append(status)
    return max(exit_statuses)


def _find_packages(args: Namespace) -> dict[str, Config]:
    """The packages to generate, with their settings; what the command line says is in these, too.

    Raises InputError for arguments that do not fit together.
    """
    from attrs import evolve

    from orcagen.config import read_packages

    if args.spec:
        if args.package is None:
            args.error("SPEC needs --package, the name of the import package")
        packages = {args.package: evolve(read_config(args), spec=args.spec)}
    else:
        packages = read_packages(args.config, args.package)
        packages = {name: add_overlays(config, args) for name, config in packages.items()}
    if args.output:
        packages = {name: evolve(c, output=args.output) for name, c in packages.items()}
    for name, config in packages.items():
        if config.output is None:
            raise InputError(f"the package {name} needs --output, or `output` in the settings")
    if len(packages) > 1 and (args.report or args.fixes_overlay):
        raise InputError("--report and --fixes-overlay are for one package: add --package")
    return packages


def _generate(args: Namespace, config: Config) -> tuple[int, list[str]]:
    """The exit status, and the paths of the document and the files it refers to."""
    from orcagen.output import manifest

    folder = args.output / args.package
    # Before anything else is read: if an input changes while this runs, the next run notices.
    settings = manifest.hash_settings(args.spec, args.package, config)
    # `--check` decides about a merge: it compares with what is generated, not with what the package says of itself.
    if not (args.check or args.report or args.fixes_overlay):
        origin = manifest.find_origin(folder, args.spec, settings, allow_outside=args.allow_outside)
        if origin and not (origin.diagnostics and (args.strict or args.verbose)):
            from orcagen.output.write import recover

            # An interrupted run may have left something beside a complete package.
            recover(folder)
            if args.distribution:
                from orcagen.pipeline import make_plan

                planned = make_plan(args.spec, args.package, config, make_permissions(args))
                _write_distribution(args, planned.package, config)
            diagnostics = _count_diagnostics(origin.diagnostics)
            hint = f"; {diagnostics} (--verbose prints them)" if origin.diagnostics else ""
            _print(f"{folder}: up to date{hint}")
            return 0, manifest.find_inputs(origin, args.spec)

    from orcagen.output.write import check_folder
    from orcagen.pipeline import generate

    if not args.check:
        check_folder(folder)
    generated = generate(args.spec, args.package, config, make_permissions(args), _show_stage)
    _show_stage("")
    print_diagnostics(generated.diagnostics, args.verbose)
    _write_reports(args, generated)
    count = len(generated.diagnostics)
    if args.strict and count:
        _print(f"orcagen: {folder}: {_count_diagnostics(count)} with --strict; nothing written")
        status = 1
    elif args.check:
        status = _check(args, generated, folder)
    else:
        origin = manifest.make_origin(args.spec, config, settings, generated.inputs, count)
        _write(args, config, generated, folder, origin)
        status = 0
    return status, [path for path in generated.inputs if Path(path).is_file()]


def _write_reports(args: Namespace, generated: Generated) -> None:
    if args.report:
        from orcagen.pipeline import make_report

        write_text(args.report, json.dumps(make_report(generated), indent=1) + "\n")
    if args.fixes_overlay:
        from orcagen.openapi import repairs

        overlay = repairs.overlay(Path(args.spec).name, generated.repairs)
        text = json.dumps(overlay, indent=1, ensure_ascii=False) + "\n"
        write_text(args.fixes_overlay, text)


def _check(args: Namespace, generated: Generated, folder: Path) -> int:
    from orcagen.output.write import compare, format_changes

    changes = compare(generated.files, folder)
    for line in format_changes(generated.files, folder, changes):
        print(line)
    if changes:
        _print(f"orcagen: {folder} differs from what {args.spec} gives; generate it again")
    return 1 if changes else 0


def _write(
    args: Namespace, config: Config, generated: Generated, folder: Path, origin: Origin | None
) -> None:
    from orcagen.output.write import write

    changes = write(generated.files, folder, origin)
    if args.distribution:
        _write_distribution(args, generated.package, config)
    operations = sum(len(api.functions) for api in generated.package.apis)
    _print(
        f"{folder}: {operations} operations, {len(generated.package.schemas)} schemas;"
        f" {len(changes.updated)} files written, {changes.unchanged} unchanged, {len(changes.removed)} removed"
    )


def _write_distribution(args: Namespace, package: Package, config: Config) -> None:
    from attrs import evolve

    from orcagen.output.distribution import is_own, write_missing, write_pages
    from orcagen.plan.distribution import plan_distribution
    from orcagen.render.distribution import render_distribution
    from orcagen.render.reference import render_reference

    settings = config.distribution
    plan = plan_distribution(package, evolve(settings, http=args.http or settings.http))
    write_missing(render_distribution(package, plan, config.templates), args.output)
    # The reference follows the package, unless the user has pages of their own.
    if is_own(args.output / "docs"):
        write_pages(render_reference(package, config.templates), args.output / "docs")


def _watch(args: Namespace) -> NoReturn:
    """Generates again whenever an input changes, until interrupted."""
    settings = str(args.config or "pyproject.toml")
    watched: dict[str, set[str]] = {}
    while True:
        # Taken before anything is read, so that a change during the run is not missed.
        before = _take_fingerprints({settings, *chain(*watched.values())})
        try:
            packages = _find_packages(args)
            specs = {str(config.spec) for config in packages.values()}
            before = _take_fingerprints(specs) | before
            _generate_all(args, packages, watched)
        except InputError as error:
            _print(f"orcagen: {error}")
        current = _take_fingerprints({*before, *chain(*watched.values())})
        _wait_for_change(
            {path: before.get(path) or fingerprint for path, fingerprint in current.items()}
        )


def _find_watched_paths(config: Config, inputs: list[str]) -> set[str]:
    from orcagen.output.manifest import find_templates

    templates = find_templates(config)
    named = [
        *config.overlays,
        *(table.data for table in config.tables.values()),
        *templates,
        # The time of a folder tells of templates that appear.
        *{path.parent for path in templates},
        *([config.templates] if config.templates else []),
    ]
    return {*inputs, *map(str, named)}


def _wait_for_change(before: dict[str, Fingerprint]) -> None:
    """Returns once a file has changed and is the same for one interval: it may be written in several steps."""
    previous, current = before, _take_fingerprints(before)
    while current == before or current != previous:
        time.sleep(_POLL_INTERVAL)
        previous, current = current, _take_fingerprints(before)


def _take_fingerprints(paths: Collection[str]) -> dict[str, Fingerprint]:
    """Time and size of files; zeros for those that do not exist."""
    stats = {path: Path(path).stat() if Path(path).exists() else None for path in paths}
    return {path: (s.st_mtime_ns, s.st_size) if s else (0, 0) for path, s in stats.items()}


def _count_diagnostics(count: int) -> str:
    return "1 diagnostic" if count == 1 else f"{count} diagnostics"


def _show_stage(stage: str) -> None:
    """Shows the current stage on a terminal; "" removes it."""
    if sys.stderr.isatty():
        text = f"{stage} ..." if stage else ""
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _print(text: str) -> None:
    print(text, file=sys.stderr)
