"""The command line: parses arguments, runs a command, turns errors into messages and an exit status.

0: done. 1: `--check`, `--strict` or `diff` found something. 2: bad input or usage. 3: a defect of orcagen.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Sequence

from orcagen.cli.arguments import make_parser
from orcagen.diagnostics import InputError

# Documents nest deeper than Python's default limit of 1000 frames allows; `source` bounds the depth.
_RECURSION_LIMIT = 20_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit status."""
    args = make_parser().parse_args(arguments)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(_RECURSION_LIMIT, limit))
    # A run builds one large tree that lives to the end: collecting garbage takes time and finds nothing.
    gc.freeze()
    gc.set_threshold(2_000_000)
    try:
        return int(args.run(args))
    except InputError as error:
        _print_error(str(error))
        return 2
    except KeyboardInterrupt:
        _print_error("interrupted; the package is either unchanged or fully updated")
        return 130
    except BrokenPipeError:
        return 0  # the reader of the output has closed it, as `head` does
    except Exception as error:
        if args.verbose:
            raise
        _print_error(
            f"a defect of orcagen: {type(error).__name__}: {error} (--verbose prints the traceback)"
        )
        return 3
    finally:
        sys.setrecursionlimit(limit)


def run() -> None:
    """The console script: `main`, without the time that Python takes to free a large document."""
    status = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError):
            stream.flush()
    os._exit(status)


def _print_error(message: str) -> None:
    print(f"orcagen: {message}", file=sys.stderr)
