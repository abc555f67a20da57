"""The commands that are in no group. They import what they need when they run: neither httpx nor models for `--help`."""

from __future__ import annotations

import inspect
import re

import click

from orcarouter.cli.completion import complete_file, complete_model
from orcarouter.cli.options import json_option

__all__ = ["capabilities", "check", "emulator", "models"]


@click.command()
@click.argument("file", shell_complete=complete_file)
@json_option
def check(file: str, as_json: bool) -> int:
    """Validate a request (JSON or YAML) against the capability map; send nothing.

    Exit code 1 if there are errors.
    """
    from orcarouter.capabilities import check as validate
    from orcarouter.cli.output import print_json, print_message, violations_to_dicts
    from orcarouter.cli.request_file import read_request

    result = validate(read_request(file))
    if as_json:
        print_json({"ok": result.ok, "violations": violations_to_dicts(result)})
    else:
        if result:
            print(result)
        else:
            print_message(f"{file}: OK")
    return 0 if result.ok else 1


@click.command()
@json_option
def models(as_json: bool) -> int:
    """List the models that the service offers to this account."""
    from orcarouter import OrcaRouter
    from orcarouter.capabilities import find_model
    from orcarouter.cli.output import print_json, print_table

    with OrcaRouter() as orca:
        offered = orca.models.list()
    if as_json:
        print_json([model.to_dict() for model in offered])
        return 0
    rows = [("model", "owner", "in the capability map")]
    rows += [
        (model.id, str(model.owned_by or ""), "yes" if find_model(model.id) else "no")
        for model in offered
    ]
    print_table(rows)
    return 0


@click.command()
@click.argument("model", required=False, shell_complete=complete_model)
@json_option
def capabilities(model: str | None, as_json: bool) -> int:
    """Show the capability map: all models, or the parameters and rules of one."""
    from orcarouter import capabilities as table
    from orcarouter.cli.output import print_json, print_table

    if model is None:
        if as_json:
            print_json([entry.to_dict() for entry in table.list_models()])
        else:
            print_table(table.models_as_rows())
        return 0
    entry = table.find_model(model)
    if entry is None:
        suggestion = table.suggest_model(model)
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        raise click.ClickException(f"{model!r} is not in the capability map{hint}")
    if as_json:
        print_json(entry.to_dict())
        return 0
    print_table(table.parameters_as_rows(entry))
    if entry.rules:
        print()
        print_table(table.rules_as_rows(entry))
    return 0


class _EmulatorCommand(click.Command):
    """Explains the keys of a script at the end of its help."""

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        try:
            from orcarouter.testing.faults import Fault
            from orcarouter.testing.settings import QUIRKS, Settings
        except ModuleNotFoundError:
            return
        for title, entries in (
            ("Keys of a step", _read_attributes(Fault)),
            ("Settings", _read_attributes(Settings)),
            ("Quirks", QUIRKS.items()),
        ):
            with formatter.section(title):
                formatter.write_dl(list(entries), col_max=24)


def _read_attributes(cls: type) -> list[tuple[str, str]]:
    """The names and texts of the section Attributes of a class's docstring."""
    _, _, section = (inspect.getdoc(cls) or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", section, re.MULTILINE)
    return [(name, " ".join(text.split())) for name, text in entries]


@click.command(cls=_EmulatorCommand)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free port.")
@click.option(
    "--script",
    metavar="FILE",
    shell_complete=complete_file,
    help="Faults and settings, as YAML or JSON.",
)
def emulator(port: int, script: str | None) -> int:
    """Run a local emulator of the service until interrupted.

    A script is a list of faults, or an object with `steps` and settings:

    \b
        running: 20                                          # seconds that a task runs
        quirks: [created_at_milliseconds]
        steps:
          - {on: submit, status: 429, retry_after: 5}
          - {on: lookup, skip: 1, status: 503, times: 3}
          - {on: content, truncate: 1000}
    """
    from orcarouter.cli.output import print_message

    def announce(line: str) -> None:
        print(line, flush=True)
        url = line.split()[-1]
        print_message(
            f"To use it: export ORCAROUTER_BASE_URL={url} ORCAROUTER_API_KEY=sk-orca-test"
        )

    try:
        from orcarouter.testing import ScriptError, serve
    except ModuleNotFoundError as error:
        raise click.ClickException(str(error)) from None
    try:
        serve(script, port=port, announce=announce)
    except ScriptError as error:
        raise click.ClickException(str(error)) from None
    return 0
