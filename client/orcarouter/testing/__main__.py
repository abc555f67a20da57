"""`python -m orcarouter.testing`: run an emulator until interrupted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from orcarouter.testing import ScriptError, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the emulator; returns the exit code, 2 if the script or the port cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m orcarouter.testing",
        description="Emulate the service on loopback until interrupted.",
        epilog="`orcarouter emulator --help` explains all faults, settings and quirks.",
    )
    parser.add_argument(
        "--port", type=_parse_port, default=0, help="port of the API (default: a free one)"
    )
    parser.add_argument("--script", metavar="FILE", help="fault script, YAML or JSON")
    options = parser.parse_args(arguments)
    try:
        serve(options.script, port=options.port)
    except ScriptError as error:
        return _print_error(str(error))
    except OSError as error:
        return _print_error(
            ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        )
    return 0


def _print_error(reason: str) -> int:
    print(f"emulator: {reason}", file=sys.stderr)
    return 2


def _parse_port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
