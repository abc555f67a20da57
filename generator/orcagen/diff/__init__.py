"""Compares the plans of two versions of a document: what changes for callers of the generated package."""

from __future__ import annotations

from orcagen.diff.changes import LEVELS, Change, Comparison, Level
from orcagen.diff.clients import compare_clients
from orcagen.diff.collector import ChangeCollector
from orcagen.diff.functions import compare_functions
from orcagen.diff.matching import match_functions, match_symbols
from orcagen.diff.models import compare_models
from orcagen.diff.package_index import PackageIndex
from orcagen.diff.reports import as_json, as_markdown, as_text
from orcagen.diff.type_comparison import TypeComparer
from orcagen.plan.model import Package

__all__ = [
    "Change",
    "Comparison",
    "Level",
    "as_json",
    "as_markdown",
    "as_text",
    "compare",
]


def compare(old: Package, new: Package) -> Comparison:
    """All changes from one plan to the other. The order in a document only counts for positional arguments."""
    old_index, new_index = PackageIndex.build(old), PackageIndex.build(new)
    functions = match_functions(old_index, new_index)
    new_names = match_symbols(old_index, new_index, functions)
    types = TypeComparer(old_index, new_index, new_names)
    collector = ChangeCollector(old_index, new_index, types)
    compare_functions(collector, functions)
    compare_models(collector, new_names)
    compare_clients(collector)
    changes = sorted(collector.changes, key=lambda c: (LEVELS.index(c.level), c.name, c.message))
    return Comparison(tuple(changes), new.title, old.version, new.version)
