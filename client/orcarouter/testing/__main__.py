"""`python -m orcarouter.testing`: run an emulator until interrupted."""

from __future__ import annotations

import argparse
import sys

from orcarouter.testing import ScriptError, serve


def main() -> int:
    """Run it; the exit code is 2 when the script or the port cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m orcarouter.testing", description="Emulate the service on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="port of the API (default: a free one)")
    parser.add_argument("--script", help="fault script, YAML or JSON")
    options = parser.parse_args()
    try:
        serve(options.script, port=options.port)
    except (ScriptError, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
