"""Idempotency keys: headers of POST and PATCH that are called so, or described so."""

from __future__ import annotations

from orcagen.infer.proposal import Proposal, normalize
from orcagen.openapi import Operation


def infer_idempotency_key(op: Operation) -> Proposal | None:
    if op.method not in ("POST", "PATCH") or op.idempotency_key:
        return None
    for p in op.parameters:
        if p.location != "header":
            continue
        if "idempoten" in normalize(p.name):
            confidence, evidence = 0.95, f"the header {p.name} is called so"
        elif "idempoten" in p.description.lower():
            confidence, evidence = (
                0.8,
                f"the description of the header {p.name} speaks of it",
            )
        else:
            continue
        declaration = {"header": p.name}
        return Proposal(op, "x-orcagen-idempotency-key", declaration, confidence, (evidence,))
    return None
