"""The command line: `orcarouter`.

Exit codes, which are stable:

    0   success
    1   the request violates the capability map; nothing was sent
    2   the command line, a setting, a request file or a script is invalid; nothing was sent
    3   there is no usable API key, or the service does not accept it
    4   a file, a folder or the ledger of a batch cannot be read or written
    5   no usable response from the service
    6   the service rejected the request
    7   no credit left
    8   too many requests
    9   unknown whether a submission was accepted: look for the task before submitting again
    10  the task failed
    11  stopped waiting; the task continues
    12  the task does not exist
    13  the task succeeded, but its file could not be downloaded
    14  a limit of the batch is reached; jobs are left that were not submitted
    130 interrupted

Results are printed to standard output, everything else to standard error. With `--json`, an error is
also printed to standard output, as `{"error": {"type", "message", "exit_code", ...}}`. If one of several
tasks cannot be resumed, or one of several files cannot be written, the others go on.
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
    from orcarouter.cli.output import describe_error, print_error
    from orcarouter.errors import OrcaRouterError

    _configure_output()
    as_json = "--json" in (sys.argv[1:] if args is None else args)
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
        message = f"{error.format_message()} (see {command} --help)"
        return print_error(error, message, ExitCode.USAGE, as_json=as_json, command=command)
    except click.ClickException as error:
        return print_error(error, error.format_message(), ExitCode.USAGE, as_json=as_json)
    except (click.Abort, KeyboardInterrupt) as error:
        return print_error(error, "interrupted", ExitCode.INTERRUPTED, as_json=as_json)
    except (OrcaRouterError, OSError) as error:
        message = describe_error(error)
        return print_error(error, message, exit_code_for(error), as_json=as_json)
    except SystemExit:
        return ExitCode.FILE  # click exits like this if the reader of a pipe has closed it


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
