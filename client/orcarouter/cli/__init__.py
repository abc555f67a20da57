"""The command line: `orcarouter`.

Exit codes, which are stable:

    0   success
    1   the request violates the capability map; nothing was sent
    2   the command line, a setting, a request file or a script is invalid; nothing was sent
    3   there is no usable API key, or the service does not accept it
    4   a file or folder cannot be read or written
    5   no usable response from the service
    6   the service rejected the request
    7   no credit left
    8   too many requests
    9   unknown whether a submission was accepted: look for the task before submitting again
    10  the task failed
    11  stopped waiting; the task continues
    12  the task does not exist
    13  the task succeeded, but its file could not be downloaded
    130 interrupted

Results are printed to standard output, everything else to standard error.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        import click
    except ModuleNotFoundError:
        print("orcarouter: the command line needs: pip install 'orcarouter[cli]'", file=sys.stderr)
        return 2
    from orcarouter.cli.commands import app
    from orcarouter.cli.exit_codes import ExitCode, exit_code_for
    from orcarouter.errors import OrcaRouterError

    _configure_output()
    try:
        # Not click's standalone mode, which knows no exit codes but its own.
        result = app.main(args=args, prog_name="orcarouter", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
            error.show()
            return ExitCode.USAGE
        command = error.ctx.command_path if error.ctx is not None else "orcarouter"
        print(f"{command}: {error.format_message()} (see {command} --help)", file=sys.stderr)
        return ExitCode.USAGE
    except click.ClickException as error:
        print(f"orcarouter: {error.format_message()}", file=sys.stderr)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        print("orcarouter: interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except OrcaRouterError as error:
        print(f"orcarouter: {error}", file=sys.stderr)
        return exit_code_for(error)
    except SystemExit:
        return ExitCode.FILE  # click exits like this if the reader of a pipe has closed it
    except OSError as error:
        prefix = f"{error.filename}: " if error.filename else ""
        print(f"orcarouter: {prefix}{error.strerror or error}", file=sys.stderr)
        return ExitCode.FILE


def _configure_output() -> None:
    """Let standard output print any text, and print warnings of the package to standard error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    logger = logging.getLogger("orcarouter")
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("orcarouter: %(message)s"))
        # The progress output of a wait already shows what `polling` logs.
        handler.addFilter(lambda record: record.module != "polling")
        logger.addHandler(handler)
