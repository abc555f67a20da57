"""The command line: `orcarouter`.

Exit codes, which stay as they are:

    0   done
    1   the request breaks the capability map; nothing was sent
    2   the command line, a setting, a request file or a script is wrong; nothing was sent
    3   there is no API key, or the service does not accept it
    4   a file or folder cannot be read or written
    5   the service cannot be reached, or gives no usable answer
    6   the service refused the request
    7   no credit left
    8   too many requests
    9   unknown whether a submission was accepted: look before submitting again
    10  the task failed
    11  stopped waiting; the task goes on
    12  the service knows no such task
    13  the video is finished and could not be downloaded
    130 interrupted

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    try:
        import click
    except ModuleNotFoundError:
        print("orcarouter: the command line needs: pip install 'orcarouter[cli]'", file=sys.stderr)
        return 2
    from orcarouter.cli.commands import app
    from orcarouter.cli.exits import Exit, exit_of
    from orcarouter.errors import OrcaRouterError

    _prepare()
    try:
        result = app.main(args=args, prog_name="orcarouter", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as wrong:
        if isinstance(wrong, getattr(click.exceptions, "NoArgsIsHelpError", ())):
            wrong.show()
            return Exit.USAGE
        command = wrong.ctx.command_path if wrong.ctx is not None else "orcarouter"
        print(f"{command}: {wrong.format_message()} (see {command} --help)", file=sys.stderr)
        return Exit.USAGE
    except click.ClickException as wrong:
        print(f"orcarouter: {wrong.format_message()}", file=sys.stderr)
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        print("orcarouter: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except OrcaRouterError as error:
        print(f"orcarouter: {error}", file=sys.stderr)
        return exit_of(error)
    except SystemExit:
        return Exit.FILE  # how click says that whoever read the output has gone
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        print(f"orcarouter: {named}{error.strerror or error}", file=sys.stderr)
        return Exit.FILE


def _prepare() -> None:
    """Let this process print any text, and say what its command would not say itself."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    logger = logging.getLogger("orcarouter")
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("orcarouter: %(message)s"))
        # What becomes of a wait is told by its progress.
        handler.addFilter(lambda record: record.module != "polling")
        logger.addHandler(handler)
