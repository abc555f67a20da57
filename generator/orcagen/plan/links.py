"""Links of responses, as methods of a class for the operation (OpenAPI, Link Object)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Document, Operation
from orcagen.openapi.model import Link
from orcagen.plan import names
from orcagen.plan.long_running import PlannedOperation
from orcagen.plan.model import LinkPlan
from orcagen.plan.text import one_line

# What the class and its annotations use.
_RESERVED = names.RESERVED_ATTRIBUTES | {"models"}


class Linker:
    """Finds the functions that links lead to, among those of all operations."""

    def __init__(
        self,
        document: Document,
        operations: Collection[PlannedOperation],
        diagnostics: Diagnostics,
    ) -> None:
        self._is_filtered, self._diagnostics = document.is_filtered, diagnostics
        self._by_id = {p.op.id: p for p in operations if p.op.id is not None}
        self._by_place = {p.op.node.key: p for p in operations}

    def plan(self, op: Operation) -> tuple[LinkPlan, ...]:
        """The links of all responses of an operation; of those with one name, the first."""
        links = {link.name: link for r in reversed(op.responses) for link in r.links}
        planned = [
            (name, self._plan(link, target))
            for name, link in sorted(links.items())
            if (target := self._find_target(link)) is not None
        ]
        candidates = {
            name: (
                name,
                names.escape_reserved(names.to_snake_case(name), _RESERVED),
            )
            for name, _ in planned
        }
        chosen = names.resolve_collisions(candidates)
        return tuple(
            LinkPlan(chosen[name], one_line(links[name].description), *target)
            for name, target in planned
        )

    def _find_target(self, link: Link) -> PlannedOperation | None:
        if link.target is not None:
            target = self._by_place.get(link.target)
        else:
            target = self._by_id.get(link.operation_id)
        if target is None and not self._is_filtered:
            self._report(link, f"link {link.name!r} leads to no operation")
        return target

    def _plan(self, link: Link, target: PlannedOperation) -> tuple[str, str, dict[str, Any]]:
        """The module and the name of the function, and the values of its arguments."""
        function = target.function
        values: dict[str, Any] = {}
        for name, value in link.parameters.items():
            meant = [a for a in function.arguments if _is_named(name, a.location, a.api_name)]
            if meant:
                values[meant[0].name] = value
            else:
                self._report(
                    link,
                    f"link {link.name!r} has a parameter {name!r} that {function.name} has not",
                )
        if link.has_body and function.body is not None:
            values["body"] = link.body
        return target.module, function.name, values

    def _report(self, link: Link, message: str) -> None:
        self._diagnostics.add("warning", link.node.file, link.node.pointer, message, "ignored")


def _is_named(name: str, location: str, api_name: str) -> bool:
    """Whether a parameter is meant by its name, which may have its location in front."""
    if location == "header":
        name, api_name = name.lower(), api_name.lower()
    return name in (api_name, f"{location}.{api_name}")
