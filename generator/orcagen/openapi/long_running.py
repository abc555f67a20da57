"""Declarations of long-running operations: this project's extension, the setting, and that of Microsoft (AutoRest)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from orcagen.openapi.model import FollowUp, LongRunning, Node

Warn = Callable[[Node, str, str], None]
EXTENSION = "x-orcagen-long-running-operation"
NOT_LONG_RUNNING = "the operation starts no task"
_MICROSOFT = "x-ms-long-running-operation"
# OpenAPI, Link Object: Runtime Expressions. A header's name is a token (RFC 9110, section 5.6.2).
_EXPRESSION = re.compile(
    r"\$(url|method|statusCode|request\.(path|query|header)\.[^{}\s]+|request\.body(#(/[^{}]*)?)?"
    r"|response\.header\.[!#$%&'*+.^_`|~0-9A-Za-z-]+|response\.body(#(/[^{}]*)?)?)"
)
_IN_BRACES = re.compile(r"\{(\$[^{}]+)\}")
_STATES = ("pending", "succeeded", "failed", "cancelled")
_SECONDS = {"firstDelay": "first_delay", "interval": "interval", "duration": "duration"}
_PLACES = {"id": "id", "status": "status", "progress": "progress", "error": "error", "retryAfter": "retry_after"}  # fmt: skip
_KEYS = {"poll", "result", "resultSchema", "cancel", "billable", *_STATES, *_SECONDS, *_PLACES}
_FOLLOW_UP_KEYS = {"operationId", "operationRef", "link", "url", "parameters", "requestBody", "status"}  # fmt: skip


def read_long_running(
    node: Node, method: str, setting: Any, resolve: Callable[[Node], Node], warn: Warn
) -> LongRunning | None:
    """What is declared about an operation, by a setting or in the document; None for nothing, or what cannot be read."""
    if setting is not None:
        declaration = node.with_value(setting)
    elif EXTENSION in node.value:
        declaration = node.child(EXTENSION)
    elif node.value.get(_MICROSOFT) is True:
        return _read_microsoft(node, method)
    else:
        return None
    if declaration.value in (None, False):
        return None
    links = _find_links(node, resolve)
    try:
        return _read_own(declaration, links)
    except ValueError as error:
        warn(declaration, f"the long-running operation cannot be read: {error}", NOT_LONG_RUNNING)
        return None


def _read_own(node: Node, links: Mapping[str, Any]) -> LongRunning:
    value = node.value
    if not isinstance(value, dict):
        raise ValueError("it is not an object")
    _check_keys(value, _KEYS)
    if "poll" not in value:
        raise ValueError("it does not say how to `poll` the task")
    polls = value["poll"] if isinstance(value["poll"], list) else [value["poll"]]
    fields: dict[str, Any] = {"poll": tuple(_read_follow_up("poll", p, links) for p in polls)}
    for key, name in _PLACES.items():
        if key in value:
            fields[name] = _read_places(key, value[key])
    for key in _STATES:
        if key in value:
            fields[key] = _read_words(key, value[key])
    for key, name in _SECONDS.items():
        if key in value:
            seconds = value[key]
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds <= 0:
                raise ValueError(f"`{key}` must be a positive number of seconds")
            fields[name] = float(seconds)
    result = value.get("result")
    if isinstance(result, dict) or (isinstance(result, str) and ".header." in result):
        fields["fetch"] = _read_follow_up("result", result, links)
    elif result is not None:
        fields["result"] = _read_places("result", result)
    if "cancel" in value:
        fields["cancel"] = _read_follow_up("cancel", value["cancel"], links)
    for key, kind, name in (("billable", bool, "true or false"), ("resultSchema", str, "a reference")):  # fmt: skip
        if key in value and not isinstance(value[key], kind):
            raise ValueError(f"`{key}` must be {name}")
    return LongRunning(
        node=node,
        billable=value.get("billable", False),
        result_schema=value.get("resultSchema", ""),
        **fields,
    )


def _check_keys(value: dict[str, Any], keys: set[str]) -> None:
    if unknown := sorted(map(str, value.keys() - keys)):
        raise ValueError(f"unknown key {unknown[0]!r}; the keys are {', '.join(sorted(keys))}")


def _read_follow_up(key: str, value: Any, links: Mapping[str, Any]) -> FollowUp:
    """An operation with arguments, or a URL."""
    if isinstance(value, str):
        value = {"url": value}
    if not isinstance(value, dict):
        raise ValueError(f"`{key}` must be an operation with its parameters, or a URL")
    _check_keys(value, _FOLLOW_UP_KEYS)
    if "link" in value:
        link = links.get(value["link"])
        if not isinstance(link, dict):
            names = f"; the links are {', '.join(links)}" if links else ", nor any other"
            raise ValueError(f"no success has the link {value['link']!r}{names}")
        own = ("operationId", "operationRef", "parameters", "requestBody")
        value = {**{k: link[k] for k in own if k in link}, **value}
    operation = value.get("operationId") or value.get("operationRef") or ""
    url = value.get("url", "")
    parameters = value.get("parameters", {})
    if not isinstance(operation, str) or not isinstance(url, str) or bool(operation) == bool(url):
        raise ValueError(f"`{key}` must have either an `operationId` or a `url`")
    if not isinstance(parameters, dict):
        raise ValueError(f"`parameters` of `{key}` must be an object")
    if url and (parameters or "requestBody" in value):
        raise ValueError(f"`{key}` has a URL, which takes no parameters")
    if url and not url.startswith(("$", "/")):
        raise ValueError(f"`url` of `{key}` must be an expression, or a path of this API")
    body = value.get("requestBody")
    status = _read_places("status", value["status"]) if "status" in value else ()
    for expression in find_expressions([url, parameters, body]):
        _check_expression(key, expression)
    return FollowUp(
        operation=operation,
        is_reference="operationId" not in value,
        url=url,
        parameters={str(k): v for k, v in parameters.items()},
        body=body,
        status=status,
    )


def find_expressions(value: Any) -> Iterator[str]:
    """The runtime expressions in a value: whole strings, and those in braces inside of strings."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from find_expressions(item)
    elif isinstance(value, str):
        yield from [value] if value.startswith("$") else _IN_BRACES.findall(value)


def _check_expression(key: str, expression: Any) -> None:
    if not isinstance(expression, str) or not _EXPRESSION.fullmatch(expression):
        raise ValueError(
            f"`{key}` has {expression!r}, which is no runtime expression such as $response.body#/id"
        )


def _read_places(key: str, value: Any) -> tuple[str, ...]:
    """Expressions of a response, or one of them."""
    places = value if isinstance(value, list) else [value]
    for place in places:
        _check_expression(key, place)
        if not place.startswith(("$response.", "$statusCode")):
            raise ValueError(f"`{key}` must be in the response, not {place}")
    return tuple(places)


def _read_words(key: str, value: Any) -> tuple[str, ...]:
    """Words of the status as they are compared, and expressions."""
    texts: list[str] = []
    for word in value if isinstance(value, list) else [value]:
        if isinstance(word, str) and word.startswith("$"):
            texts += _read_places(key, word)
        elif isinstance(word, (str, int)) and str(word).strip():
            # Of true: YAML and JSON have it as a value, the comparison is of texts.
            texts.append(str(word).strip().casefold())
        else:
            raise ValueError(f"`{key}` must be words of the status")
    return tuple(texts)


def _find_links(node: Node, resolve: Callable[[Node], Node]) -> dict[str, Any]:
    """The Link Objects of the successes by name."""
    links: dict[str, Any] = {}
    responses = node.value.get("responses")
    for status in responses if isinstance(responses, dict) else ():
        response = resolve(node.child("responses", status))
        own = response.value.get("links") if isinstance(response.value, dict) else None
        if isinstance(own, dict) and str(status)[0] == "2":
            for name in own:
                links[str(name)] = resolve(response.child("links", name)).value
    return links


# Microsoft


def _read_microsoft(node: Node, method: str) -> LongRunning:
    """`x-ms-long-running-operation` with its options: what Azure's guidelines for REST APIs say, not the document."""
    options = node.value.get(f"{_MICROSOFT}-options")
    options = options if isinstance(options, dict) else {}
    is_put = method.upper() in ("PUT", "PATCH")
    in_body = ("$response.body#/status",)
    polls = [
        FollowUp(url="$response.header.Azure-AsyncOperation", status=in_body),
        FollowUp(url="$response.header.Operation-Location", status=in_body),
        FollowUp(url="$response.header.Location", status=("$statusCode",)),
    ]
    if is_put:
        provisioning = ("$response.body#/properties/provisioningState", "$statusCode")
        polls.append(FollowUp(url="$url", status=provisioning))
    via = options.get("final-state-via") or ("original-uri" if is_put else "location")
    schema = options.get("final-state-schema")
    urls = {"original-uri": "$url", "location": "$response.header.Location"}
    return LongRunning(
        node=node.child(_MICROSOFT),
        poll=tuple(polls),
        pending=("202",),
        succeeded=("succeeded", "200", "201", "204"),
        failed=("failed",),
        cancelled=("canceled", "cancelled"),
        error=("$response.body#/error",),
        fetch=FollowUp(url=urls[via]) if via in urls and method.upper() != "DELETE" else None,
        result_schema=schema if isinstance(schema, str) else "",
        is_microsoft=True,
    )
