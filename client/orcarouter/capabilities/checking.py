"""The check of a whole request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orcarouter._media import make_body
from orcarouter.capabilities.context import CheckContext
from orcarouter.capabilities.files import check_files
from orcarouter.capabilities.json_values import format_value
from orcarouter.capabilities.parameters import check_parameters
from orcarouter.capabilities.rules import check_rules
from orcarouter.capabilities.table import find_model, suggest_model
from orcarouter.capabilities.unknown_keys import check_keys
from orcarouter.capabilities.violations import LEVELS, ValidationResult, Violation
from orcarouter.request_methods import RequestLike, typed_check

if TYPE_CHECKING:
    from orcarouter_api.models import CapabilityTable

__all__ = ["check"]


@typed_check
def check(
    request: RequestLike | None = None,
    /,
    *,
    table: CapabilityTable | None = None,
    **fields: Any,
) -> ValidationResult:
    """Validate the body of a submission against the capability table.

    `fields` are fields of the body, which replace those of `request`. Nothing is sent; files are read where the body has
    a `pathlib.Path`. A model or key that the table does not know is an error if its name is near
    a known one, or if the key belongs to another place; else it is a note (a warning at the top level of the body).
    `table` replaces the generated table.

    Raises TypeError if `request` is not a JSON object, InvalidRequestError if a local file cannot be used.
    """
    if request is None and not fields:
        raise TypeError("a request must be a JSON object, not None")
    body = make_body(request, fields)
    name = body.get("model")
    if not isinstance(name, str) or not name:
        message = "missing" if name is None else f"{format_value(name)} is not a model name"
        violation = Violation("model", message, "required", "error", ("seed",), name)
        return ValidationResult("", (violation,))
    entry = find_model(name, table=table)
    if entry is None:
        suggestion = suggest_model(name, table=table)
        unknown = Violation(
            path="model",
            message=f"{format_value(name)} is not in the capability table; nothing else is checked",
            rule="unknown-model",
            level="note" if suggestion is None else "error",
            value=name,
            suggestion=suggestion,
        )
        return ValidationResult(name, (unknown,))
    violations = _find_violations(CheckContext(body, entry))
    by_severity = sorted(violations, key=lambda violation: LEVELS.index(violation.level))
    return ValidationResult(name, tuple(by_severity))


def _find_violations(context: CheckContext) -> Iterator[Violation]:
    entry = context.entry
    if entry.availability == "planned":
        message = f"{entry.model} is announced but not available yet"
        yield Violation("model", message, "availability", "warning", tuple(entry.source))
    yield from check_parameters(context)
    yield from check_rules(context)
    yield from check_files(context)
    yield from check_keys(context)
