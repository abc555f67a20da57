"""Extensions of this project: what a document, or an overlay, can declare beside what OpenAPI describes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from attrs import fields_dict

from orcagen.openapi.model import Node, WebhookSignature

Warn = Callable[[Node, str, str], None]

IDEMPOTENCY_KEY = "Idempotency-Key"
# Field names (RFC 9110, section 5.1) that the client or the HTTP library writes.
_RESERVED_HEADERS = "accept|authorization|connection|content-.*|cookie|expect|host|te|trailer|transfer-encoding|upgrade"
_HEADER_NAME = re.compile(rf"(?!({_RESERVED_HEADERS})$)[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.IGNORECASE)


def read_idempotency_key(node: Node, warn: Warn) -> str | None:
    """The header for an idempotency key that a document or an operation declares; "" for none, None without a declaration."""
    if "x-orcagen-idempotency-key" not in node.value:
        return None
    node = node.child("x-orcagen-idempotency-key")
    match node.value:
        case False | None:
            return ""
        case {"header": str(name), **rest} if not rest and _HEADER_NAME.fullmatch(name):
            return name
    warn(
        node,
        "the idempotency key is neither `false` nor an object with the name of a `header` alone",
        "calls are sent again only as far as their method allows it",
    )
    return None


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
