"""What each model takes, and whether a request keeps to it.

The limits are data: `spec/capabilities.yaml`, generated into `orcarouter_api.tables.capabilities`.
This package walks that table and knows no model, no parameter and no limit of its own; what the keys
of the table mean is written in `spec/capabilities.schema.yaml`.

    >>> print(check({"model": "kling/kling-v2-6", "prompt": "A kite", "metadata": {"mode": "4k"}}))
    error: metadata.mode: "4k" is not taken by kling/kling-v2-6: 4k needs kling-v3 or kling-v3-omni;
    nearest allowed: "pro" (allowed: "std", "pro") [seed]

Only the request is read, never a file behind a URL: limits of files are checked where the request
itself shows them, which it does for form, format and size, not for pixels and seconds.
"""

from __future__ import annotations

from orcarouter.capabilities.checking import SupportsToDict, check
from orcarouter.capabilities.findings import Finding, Findings, Level
from orcarouter.capabilities.lookups import capabilities, expected_seconds, models, nearest_model
from orcarouter.capabilities.rows import model_rows, parameter_rows, rule_rows

__all__ = [
    "Finding",
    "Findings",
    "Level",
    "SupportsToDict",
    "capabilities",
    "check",
    "expected_seconds",
    "model_rows",
    "models",
    "nearest_model",
    "parameter_rows",
    "rule_rows",
]
