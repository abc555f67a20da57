"""`python -m orcarouter.cli`."""

import sys

from orcarouter.cli import main

sys.exit(main())
