"""Compares the plans of two versions of a document: what changes for callers of the generated package."""

from __future__ import annotations

from attrs import frozen

from orcagen.diff.changes import LEVELS, Audience, Change, Comparison, Level
from orcagen.diff.clients import compare_clients
from orcagen.diff.collector import ChangeCollector
from orcagen.diff.contract import ContractComparer
from orcagen.diff.functions import compare_functions
from orcagen.diff.matching import match_functions, match_symbols
from orcagen.diff.models import compare_models
from orcagen.diff.package_index import PackageIndex
from orcagen.diff.places import PlacedChanges
from orcagen.diff.reports import as_github, as_json, as_junit, as_markdown, as_text
from orcagen.diff.schema_comparison import SchemaComparer
from orcagen.diff.schemas import SchemaReader
from orcagen.diff.type_comparison import TypeComparer
from orcagen.openapi import Document, References
from orcagen.plan.model import Package

__all__ = [
    "Audience",
    "Change",
    "Comparison",
    "DocumentVersion",
    "Level",
    "as_github",
    "as_json",
    "as_junit",
    "as_markdown",
    "as_text",
    "compare",
]


@frozen
class DocumentVersion:
    """One version of a document, with the plan of its package."""

    package: Package
    document: Document
    references: References


def compare(
    old: DocumentVersion, new: DocumentVersion, audience: Audience = "callers"
) -> Comparison:
    """All changes from one version to the other, for callers of the regenerated client or, on the "wire", for clients that
    are deployed. The order in a document only counts for positional arguments."""
    old_index, new_index = (PackageIndex.build(v.package) for v in (old, new))
    functions = match_functions(old_index, new_index)
    new_names = match_symbols(old_index, new_index, functions)
    types = TypeComparer(old_index, new_index, new_names)
    collector = ChangeCollector(old_index, new_index, types)
    if audience == "callers":
        compare_functions(collector, functions)
        compare_models(collector, new_names)
        compare_clients(collector)
    a, b = (SchemaReader(v.document, v.references) for v in (old, new))
    placed_changes = PlacedChanges(audience)
    schemas = SchemaComparer(collector, (a, b), placed_changes, new_names)
    ContractComparer(collector, schemas, placed_changes).compare()
    changes = sorted(collector.changes, key=lambda c: (LEVELS.index(c.level), c.name, c.message))
    # What is in requests and in responses is compared in both directions: the more serious level counts.
    unique = {(c.name, c.message): c for c in reversed(changes)}
    most_serious = tuple(c for c in changes if unique[c.name, c.message] is c)
    title, versions = new.package.title, (old.package.version, new.package.version)
    return Comparison(most_serious, title, *versions, audience)
