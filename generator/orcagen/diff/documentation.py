"""What the documentation of an argument or a field says: its deprecation and its description."""

from __future__ import annotations

from typing import Any

from orcagen.diff.collector import Reporter
from orcagen.plan.model import Argument, Documentation, Field
from orcagen.render.literals import literal


def compare_documentation(
    report: Reporter, kind: str, x: Argument | Field, y: Argument | Field
) -> None:
    """Adds the changes of the documentation of an argument or a field; `kind` is the first part of the rules."""
    old, new = x.documentation, y.documentation
    if old.deprecated != new.deprecated:
        predicate = describe_deprecation(new.deprecated)
        report.add("documentation", f"{kind}-deprecated", predicate, x.name)
    parts = _describing_parts(old), _describing_parts(new)
    report.add_description(f"{kind}-description", *parts, x.name)


def describe_deprecation(is_deprecated: bool) -> str:
    return "is deprecated" if is_deprecated else "is no longer deprecated"


def _describing_parts(d: Documentation) -> tuple[Any, ...]:
    value_names = {(literal(v.value), v.name, v.description) for v in d.value_names}
    return d.text, d.read_only, d.write_only, value_names
