"""Webhooks and callbacks: the types of the events that the service sends."""

from __future__ import annotations

from orcagen.openapi import Document, Operation
from orcagen.plan import names
from orcagen.plan.media_types import is_json
from orcagen.plan.model import WebhookPlan
from orcagen.plan.symbols import Symbols
from orcagen.plan.text import one_line
from orcagen.pointers import tokens
from orcagen.schema import TypeGraph


def plan_webhooks(
    document: Document, graph: TypeGraph, symbols: Symbols
) -> tuple[WebhookPlan, ...]:
    """The webhooks and callbacks whose bodies are JSON, by name."""
    candidates: dict[str, tuple[str, str]] = {}
    plans: dict[str, WebhookPlan] = {}
    for op in document.webhooks:
        schema = next(
            (c.schema for c in (op.body.content if op.body else ()) if is_json(c.media_type)), None
        )
        if schema is None:
            continue
        name = _find_name(op)
        identity = f"{op.node.file} {op.path} {op.key}"
        candidates[identity] = (name, name)
        type_ = symbols.resolve(graph.types[schema.key])
        plans[identity] = WebhookPlan(name, type_, one_line(op.summary or op.description))
    chosen = names.resolve_collisions(candidates)
    return tuple(
        WebhookPlan(chosen[identity], plan.type, plan.description)
        for identity, plan in plans.items()
    )


def _find_name(op: Operation) -> str:
    """The key of a webhook, or that of a callback, whose own key is an expression."""
    path = tokens(op.path)
    place = max((i for i, token in enumerate(path[:-1]) if token == "callbacks"), default=-1)
    return path[place + 1] if place >= 0 else path[-1]
