"""What each model supports, and whether a request conforms to it.

The limits are data: `spec/capabilities.yaml`, generated into `orcarouter_api.tables.capabilities`. This package
interprets that table and contains no model, parameter or limit itself. `spec/capabilities.schema.yaml` defines the
table's keys.

    >>> print(check({"model": "kling/kling-v2-6", "prompt": "A kite", "metadata": {"mode": "4k"}}))
    error: metadata.mode: "4k" is not supported by kling/kling-v2-6: 4k needs kling-v3 or
    kling-v3-omni; nearest allowed: "pro" (allowed: "std", "pro") [seed]

Only the request is read, never a file behind a URL. So the encoding, format and size of a file are checked as far as
the request shows them; its pixels and seconds are not.
"""

from __future__ import annotations

from orcarouter.capabilities.checking import check
from orcarouter.capabilities.table import expected_seconds, find_model, list_models, suggest_model
from orcarouter.capabilities.text_rows import models_as_rows, parameters_as_rows, rules_as_rows
from orcarouter.capabilities.violations import Level, ValidationResult, Violation
from orcarouter.request_methods import SupportsToDict

__all__ = [
    "Level",
    "SupportsToDict",
    "ValidationResult",
    "Violation",
    "check",
    "expected_seconds",
    "find_model",
    "list_models",
    "models_as_rows",
    "parameters_as_rows",
    "rules_as_rows",
    "suggest_model",
]
