"""`python -m orcagen`."""

from orcagen.cli import run

run()
