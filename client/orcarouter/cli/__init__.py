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
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        from orcarouter.cli.app import app
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print("orcarouter: the command line needs: pip install 'orcarouter[cli]'", file=sys.stderr)
        return 2
    if "_ORCAROUTER_COMPLETE" in os.environ:
        from orcarouter.cli.bash import register

        register()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # any text can be printed
    try:
        # Not click's standalone mode, which knows no exit codes but its own.
        result = app.main(args=args, prog_name="orcarouter", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except BaseException as error:
        from orcarouter.cli.output import report_error

        return report_error(error, as_json="--json" in (sys.argv[1:] if args is None else args))
