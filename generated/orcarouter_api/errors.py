"""What can go wrong with a request; the tree stands at the top of `_runtime.errors`."""

from ._runtime.errors import *
from ._runtime.errors import __all__ as __all__
