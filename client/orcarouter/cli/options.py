"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from orcarouter.cli.completion import complete_file

__all__ = ["force_option", "json_option", "output_option", "require_positive", "wait_options"]

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
output_option = click.option(
    "--output",
    metavar="FILE",
    shell_complete=complete_file,
    help="Download the video to this file (implies --wait); - is standard output.",
)
force_option = click.option(
    "--force", is_flag=True, help="Overwrite existing files. Default: ask, or refuse."
)


def require_positive(what: str, maximum: float | None = None) -> Callable[..., Any]:
    """A callback of click that accepts numbers > 0, up to `maximum`."""

    def validate(_: click.Context, __: click.Parameter, value: Any) -> Any:
        # `not >`: NaN is invalid as well.
        if value is not None and (not value > 0 or (maximum is not None and value > maximum)):
            raise click.BadParameter(f"must be {what}")
        return value

    return validate


def wait_options(command: F) -> F:
    """Add the options of all commands that wait."""
    command = click.option(
        "--interval",
        type=float,
        callback=require_positive("a number of seconds > 0, at most a day (86400)", 86_400),
        metavar="SECONDS",
        help="Polling interval. Default: from the usual duration of the model.",
    )(command)
    return click.option(
        "--timeout",
        type=float,
        default=3600.0,
        callback=require_positive("a number of seconds > 0"),
        show_default=True,
        metavar="SECONDS",
        help="Stop waiting after this time; the task continues.",
    )(command)
