"""`python -m orcagen`."""

import sys

from orcagen.cli import main

sys.exit(main())
