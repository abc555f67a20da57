"""Proposals for what a document does not declare: pages, long-running operations, idempotency keys; as an OpenAPI Overlay.

Nothing here takes part in generation: a person reads the proposals, and applies those that are right.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import evolve

from orcagen.config import Config
from orcagen.diagnostics import Diagnostics
from orcagen.infer.idempotency import infer_idempotency_key
from orcagen.infer.long_running import infer_long_running
from orcagen.infer.pagination import infer_pagination
from orcagen.infer.proposal import Proposal
from orcagen.openapi import Document, Operation
from orcagen.openapi.long_running import EXTENSION as LONG_RUNNING
from orcagen.openapi.long_running import read_long_running
from orcagen.openapi.pagination import EXTENSION as PAGINATION
from orcagen.openapi.pagination import read_pagination
from orcagen.openapi.references import References
from orcagen.openapi.repairs import json_path
from orcagen.plan import plan
from orcagen.schema import TypeGraph

__all__ = ["Proposal", "as_overlay", "infer"]


def infer(document: Document, references: References, graph: TypeGraph) -> list[Proposal]:
    """The proposals for all operations, in the order of the document; only declarations that work with its schemas."""
    proposals: list[Proposal] = []
    for op in document.operations:
        pages = infer_pagination(op, graph)
        proposals += [pages] if pages else []
        if not pages and (task := infer_long_running(op, document, graph)):
            proposals.append(task)
        if key := infer_idempotency_key(op):
            proposals.append(key)
    return _keep_working(proposals, document, references, graph)


def _keep_working(
    proposals: list[Proposal],
    document: Document,
    references: References,
    graph: TypeGraph,
) -> list[Proposal]:
    """Those that the planner accepts, as if the document declared them."""
    diagnostics = Diagnostics(lambda *_: {})
    declared: dict[str, Operation] = {op.pointer: op for op in document.operations}

    def warn(node: Any, message: str, action: str) -> None:
        diagnostics.add("warning", node.file, node.pointer, message, action)

    for p in proposals:
        op = declared[p.operation.pointer]
        node = op.node.with_value({**op.node.value, p.extension: p.declaration})
        if p.extension == LONG_RUNNING:
            task = read_long_running(node, op.method, None, references.resolve, warn)
            op = evolve(op, long_running=task)
        elif p.extension == PAGINATION:
            op = evolve(op, pagination=read_pagination(node, references.resolve, warn))
        declared[op.pointer] = op
    with_proposals = evolve(document, operations=tuple(declared.values()))
    plan(with_proposals, graph, Config(), diagnostics, "inferred", "", ())
    refused = {(d.file, d.pointer) for d in diagnostics.collect()}
    return [
        p
        for p in proposals
        if (p.operation.node.file, f"{p.operation.node.pointer}/{p.extension}") not in refused
    ]


def as_overlay(title: str, proposals: Iterable[Proposal]) -> dict[str, Any]:
    """An OpenAPI Overlay with an action for each proposal, whose description has its confidence and evidence."""
    return {
        "overlay": "1.0.0",
        "info": {"title": f"Declarations inferred from {title}", "version": "1"},
        "actions": [
            {
                "target": json_path(("paths", p.operation.path, *p.operation.key.split("/"))),
                "description": f"confidence {p.confidence:.2f}: {'; '.join(p.evidence)}",
                "update": {p.extension: p.declaration},
            }
            for p in proposals
        ],
    }
