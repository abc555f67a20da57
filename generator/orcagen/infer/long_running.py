"""Long-running operations: a start, and an operation that looks up what it started.

Three kinds are recognized: 202 with the URL of the status in a header, Google's operations (AIP-151), and a resource with a status
that has words for being under way and for being done.
"""

from __future__ import annotations

import re
from typing import Any

from orcagen.infer.proposal import Proposal, find_body, list_places, normalize
from orcagen.openapi import Document, Operation
from orcagen.openapi.long_running import EXTENSION
from orcagen.schema import LiteralType, ObjectType, Scalar, Type, TypeGraph, TypeRef

_URL_HEADERS = ("operation-location", "azure-asyncoperation", "location")
# Words of a status, as `normalize` gives them.
_PENDING = {"pending", "queued", "running", "inprogress", "processing", "submitted", "waiting", "creating", "started", "starting",
            "scheduled", "accepted", "notstarted", "inqueue", "working", "executing", "initializing", "preparing", "provisioning",
            "building", "deploying", "validating", "finalizing", "cancelling", "canceling", "new", "created", "enqueued",
            "generating", "rendering", "uploading", "importing", "exporting", "active", "open", "init", "busy"}  # fmt: skip
_SUCCEEDED = {
    "succeeded",
    "success",
    "successful",
    "completed",
    "complete",
    "done",
    "finished",
    "ready",
    "succeed",
    "ok",
}
_FAILED = {
    "failed",
    "error",
    "failure",
    "errored",
    "timedout",
    "timeout",
    "expired",
    "rejected",
    "crashed",
    "aborted",
    "incomplete",
}
_CANCELLED = {"cancelled", "canceled", "stopped", "revoked", "terminated"}
_SURE = {
    "queued",
    "running",
    "inprogress",
    "processing",
    "pending",
    "notstarted",
    "creating",
    "provisioning",
}
_STATUS = {"status", "state", "taskstatus", "jobstatus", "phase"}
_PROGRESS = {
    "progress",
    "percent",
    "percentage",
    "percentcomplete",
    "progresspercent",
    "progresspercentage",
}
_ERROR = {
    "error",
    "failreason",
    "failurereason",
    "errormessage",
    "lasterror",
    "statusmessage",
}


def infer_long_running(op: Operation, document: Document, graph: TypeGraph) -> Proposal | None:
    """What an operation that creates something, or acts on it, could declare."""
    if op.method not in ("POST", "PUT", "PATCH", "DELETE") or op.long_running is not None:
        return None
    return (
        _infer_resource(op, document, graph) or _infer_google(op, document, graph) or _infer_202(op)
    )


def _infer_202(op: Operation) -> Proposal | None:
    for response in op.responses:
        if response.status != "202":
            continue
        names = {h.name.lower(): h.name for h in response.headers}
        for name in _URL_HEADERS:
            if name in names:
                url = f"$response.header.{names[name]}"
                evidence = f"the response 202 has the header {names[name]}"
                confidence = 0.7 if name == "location" else 0.85
                return Proposal(op, EXTENSION, {"poll": url}, confidence, (evidence,))
    return None


def _infer_google(op: Operation, document: Document, graph: TypeGraph) -> Proposal | None:
    body = find_body(op, graph)
    names = {at for at, _ in list_places(graph, body, 1)} if body is not None else set()
    if not {"/name", "/done", "/error", "/response"} <= names:
        return None
    declaration: dict[str, Any] = {
        "status": "$response.body#/done",
        "pending": ["false"],
        "succeeded": ["true"],
        "failed": ["$response.body#/error"],
        "error": "$response.body#/error",
        "result": "$response.body#/response",
    }
    for lookup in document.operations:
        is_same = lookup.method == "GET" and find_body(lookup, graph) == body
        parameters = [p for p in lookup.parameters if p.location == "path"]
        if is_same and len(parameters) == 1:
            own = {parameters[0].name: "$response.body#/name"}
            declaration["poll"] = _follow(lookup, own)
            evidence = (
                "the response is an operation with name, done, error and response (AIP-151)",
                f"{lookup.method} {lookup.path} has the same",
            )
            return Proposal(op, EXTENSION, declaration, 0.8, evidence)
    return None


def _infer_resource(op: Operation, document: Document, graph: TypeGraph) -> Proposal | None:
    body = find_body(op, graph)
    if op.method == "DELETE" or body is None:
        return None
    ids = [(at, ts) for at, ts in list_places(graph, body, 2) if _is_scalar(ts)]
    for lookup in document.operations:
        parameter = _find_parameter(op, lookup)
        looked_up = find_body(lookup, graph) if parameter else None
        if parameter is None or looked_up is None:
            continue
        status = _find_status(graph, looked_up)
        wanted = {
            "id",
            normalize(parameter),
            normalize(parameter).removesuffix("id") + "id",
        }
        place = next((at for at, _ in ids if normalize(at.rpartition("/")[2]) in wanted), None)
        if status is None or place is None:
            continue
        pointer, values = status
        declaration: dict[str, Any] = {
            "poll": _follow(lookup, {parameter: f"$response.body#{place}"} | _shared(op, lookup)),
            "status": f"$response.body#{pointer}",
            **values,
        }
        for key, names in (("progress", _PROGRESS), ("error", _ERROR)):
            for at, _ in list_places(graph, looked_up, 2):
                if normalize(at.rpartition("/")[2]) in names:
                    declaration.setdefault(key, f"$response.body#{at}")
        if cancel := _find_cancel(lookup, document):
            declaration["cancel"] = _follow(cancel, declaration["poll"]["parameters"])
        same = isinstance(body, TypeRef) and body == looked_up
        sure = any(normalize(w) in _SURE for w in values["pending"])
        confidence = 0.5 + 0.2 * same + 0.2 * sure + 0.05 * ("failed" in values)
        evidence = (
            f"{lookup.method} {lookup.path} looks up what has the {place.rpartition('/')[2]} of the response",
            f"{pointer} is one of {', '.join([*values['pending'], *values['succeeded']])}, ...",
        )
        return Proposal(op, EXTENSION, declaration, round(confidence, 2), evidence)
    return None


def _find_parameter(op: Operation, lookup: Operation) -> str | None:
    """The last path parameter of a lookup of what is below the operation's path: /videos and /videos/{id}."""
    match = re.fullmatch(r"(.*)/\{([^{}]+)\}", lookup.path)
    if lookup.method != "GET" or match is None:
        return None
    return match[2] if match[1] == op.path.rstrip("/") else None


def _find_cancel(lookup: Operation, document: Document) -> Operation | None:
    path = f"{lookup.path}/cancel"
    return next((o for o in document.operations if o.path == path and o.method == "POST"), None)


def _shared(op: Operation, lookup: Operation) -> dict[str, str]:
    """The path parameters that both have, which the start's request has."""
    own = {p.name for p in op.parameters if p.location == "path"}
    both = [p.name for p in lookup.parameters if p.location == "path" and p.name in own]
    return {name: f"$request.path.{name}" for name in both}


def _follow(lookup: Operation, parameters: dict[str, str]) -> dict[str, Any]:
    if lookup.id is not None:
        return {"operationId": lookup.id, "parameters": parameters}
    return {"operationRef": f"#{lookup.node.pointer}", "parameters": parameters}


def _find_status(graph: TypeGraph, body: Type) -> tuple[str, dict[str, list[str]]] | None:
    """The place of a status with words for being under way and for being done, and the words by what they mean."""
    for at, types in list_places(graph, body, 2):
        if normalize(at.rpartition("/")[2]) not in _STATUS:
            continue
        literals = [v for t in types if isinstance(t, LiteralType) for v in t.values]
        texts = [v for v in literals if isinstance(v, str)]
        meanings = {
            name: [t for t in texts if normalize(t) in vocabulary]
            for name, vocabulary in (
                ("pending", _PENDING),
                ("succeeded", _SUCCEEDED),
                ("failed", _FAILED),
                ("cancelled", _CANCELLED),
            )
        }
        if meanings["pending"] and meanings["succeeded"] and not _is_lasting(texts):
            return at, {name: values for name, values in meanings.items() if values}
    return None


def _is_lasting(values: list[str]) -> bool:
    """Whether the words are those of something that lives on, such as an account, and not of something that ends."""
    return bool({normalize(v) for v in values} & {"inactive", "disabled", "enabled", "archived", "paused", "closed", "deleted", "draft", "paid"})  # fmt: skip


def _is_scalar(types: list[Type | ObjectType]) -> bool:
    return any(isinstance(t, Scalar) and t.name in ("str", "int", "UUID") for t in types)
