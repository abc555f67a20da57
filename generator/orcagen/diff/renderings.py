"""A comparison for people and for programs."""

from __future__ import annotations

from typing import Any

import attrs

from orcagen.diff.findings import LEVELS, Comparison


def as_text(comparison: Comparison) -> str:
    """One line for each finding, and a summary."""
    return ""


def as_json(comparison: Comparison) -> dict[str, Any]:
    return {}


def as_markdown(comparison: Comparison) -> str:
    return ""
