"""Extensions of this project: what a document, or an overlay, can declare beside what OpenAPI describes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import fields_dict

from orcagen.openapi.model import Node, WebhookSignature

Warn = Callable[[Node, str, str], None]


_VALUES: dict[str, tuple[str, ...]] = {
    "algorithm": ("sha1", "sha256", "sha512"),
    "encoding": ("hex", "base64"),
    "secret_encoding": ("text", "base64", "hex"),
}


def read_webhook_signature(root: Node, warn: Warn) -> WebhookSignature | None:
    """The declared signature; None for that of Standard Webhooks."""
    if "x-orcagen-webhook-signature" not in root.value:
        return None
    node = root.child("x-orcagen-webhook-signature")
    problem, values = _check(node.value)
    if problem:
        warn(node, problem, "read as the signature of Standard Webhooks")
        return None
    return WebhookSignature(**values) if values else None


def _check(value: Any) -> tuple[str, dict[str, Any]]:
    """What is wrong with a declaration, and its fields."""
    if value == "standard":
        return "", {}
    names = {_to_camel_case(name): name for name in fields_dict(WebhookSignature)}
    if not isinstance(value, dict) or not isinstance(value.get("header"), str):
        return "the signature of webhooks is neither `standard` nor an object with a `header`", {}
    if unknown := sorted(map(str, value.keys() - names.keys())):
        return (
            f"unknown key {unknown[0]!r} in the signature of webhooks; the keys are {', '.join(names)}",
            {},
        )
    fields = {names[key]: item for key, item in value.items()}
    for name, item in fields.items():
        allowed = _VALUES.get(name, ())
        if not isinstance(item, str) or (allowed and item not in allowed):
            choice = f"one of {', '.join(allowed)}" if allowed else "a string"
            return f"`{_to_camel_case(name)}` of the signature of webhooks must be {choice}", {}
    return "", fields


def _to_camel_case(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
