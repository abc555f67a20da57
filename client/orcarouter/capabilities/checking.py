"""The check of a whole request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from orcarouter.capabilities.files import file_findings
from orcarouter.capabilities.findings import LEVELS, Finding, Findings
from orcarouter.capabilities.keys import key_findings
from orcarouter.capabilities.lookups import capabilities, nearest_model
from orcarouter.capabilities.parameters import parameter_findings
from orcarouter.capabilities.request import Request
from orcarouter.capabilities.rules import rule_findings
from orcarouter.capabilities.values import show

if TYPE_CHECKING:
    from orcarouter_api.models import CapabilityTable

__all__ = ["SupportsToDict", "check"]


class SupportsToDict(Protocol):
    """A model of the generated client, or anything else that can become a JSON object."""

    def to_dict(self) -> dict[str, Any]: ...


def check(
    request: Mapping[str, Any] | SupportsToDict, *, table: CapabilityTable | None = None
) -> Findings:
    """Holds a request against the table and returns everything that there is to say about it.

    A model that the table does not know passes with a note, and so does a key of `metadata`. The
    table is the generated one unless another is given. Nothing is sent and no file is read. Raises
    TypeError for what is no JSON object.
    """
    body = request if isinstance(request, Mapping) else _to_dict(request)
    name = body.get("model")
    if not isinstance(name, str) or not name:
        wrong = "missing" if name is None else f"{show(name)} is not the name of a model"
        return Findings("", (Finding("model", wrong, "required", "error", ("seed",), name),))
    entry = capabilities(name, table=table)
    if entry is None:
        message = f"{show(name)} is not in the capability table; nothing else is checked"
        near = nearest_model(name, table=table)
        unknown = Finding("model", message, "unknown-model", "note", value=name, nearest=near)
        return Findings(name, (unknown,))
    found = _found(Request(body, entry))
    return Findings(name, tuple(sorted(found, key=lambda item: LEVELS.index(item.level))))


def _found(request: Request) -> Iterator[Finding]:
    entry = request.entry
    if entry.availability == "planned":
        message = f"{entry.model} is announced and not served yet"
        yield Finding("model", message, "availability", "warning", tuple(entry.source))
    yield from parameter_findings(request)
    yield from rule_findings(request)
    yield from file_findings(request)
    yield from key_findings(request)


def _to_dict(request: SupportsToDict) -> Mapping[str, Any]:
    if not hasattr(request, "to_dict"):
        raise TypeError(f"a request is a JSON object, not {type(request).__name__}")
    return request.to_dict()
