"""Runs the command line: `python -m orcarouter`."""

import sys

from orcarouter.cli import main

sys.exit(main())
