"""What a new version of a document changes for the callers of the generated package, from the plans of both."""

from __future__ import annotations

from orcagen.diff.clients import compare_clients
from orcagen.diff.findings import LEVELS, Comparison, Finding, Level
from orcagen.diff.functions import compare_functions
from orcagen.diff.index import Index
from orcagen.diff.matching import match
from orcagen.diff.models import compare_models
from orcagen.diff.renderings import as_json, as_markdown, as_text
from orcagen.diff.report import Report
from orcagen.diff.types import Types
from orcagen.plan.model import Package

__all__ = [
    "Comparison",
    "Finding",
    "Level",
    "as_json",
    "as_markdown",
    "as_text",
    "compare",
]


def compare(old: Package, new: Package) -> Comparison:
    """All that changes from one plan to the other. Order in the documents means nothing, but where Python sees it."""
    before, after = Index.of(old), Index.of(new)
    pairs = match(before, after)
    report = Report(before, after, Types(before, after, pairs.names))
    compare_functions(report, pairs.operations)
    compare_models(report, pairs.names)
    compare_clients(report)
    found = sorted(report.findings, key=lambda f: (LEVELS.index(f.level), f.where, f.what))
    return Comparison(tuple(found), new.title, old.version, new.version)
