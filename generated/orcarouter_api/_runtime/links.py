"""Links of responses, which give calls (OpenAPI, Link Object)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .encoder import parse_json
from .errors import DecodingError
from .model import UNSET
from .response import Response

_EMBEDDED = re.compile(r"\{(\$[^{}]+)\}")


class ResponseLinks:
    """The links of the responses to an operation, as methods. Each returns a call of the operation that it leads to.

    Keyword arguments of a method go to the function of that operation, instead of what the link says. Raises DecodingError
    if the response lacks what a required argument is made from.
    """

    def __init__(self, response: Response[Any]) -> None:
        self._response = response

    def _follow(
        self,
        module: str,
        function: str,
        values: Mapping[str, Any],
        arguments: Mapping[str, Any],
    ) -> Any:
        """The call of a function; `values` are constants and runtime expressions, by its arguments."""
        from inspect import signature

        from .. import api  # type: ignore[attr-defined, unused-ignore]

        build = getattr(getattr(api, module), function)
        evaluated = {
            k: self._evaluate(v) for k, v in values.items() if k not in arguments
        }
        for name, parameter in signature(build).parameters.items():
            if evaluated.get(name) is UNSET and parameter.default is parameter.empty:
                request = self._response.call.request
                reason = (
                    f"has nothing at {values[name]}, which the link to {function} needs"
                )
                raise DecodingError.of(
                    f"{request}: the response {reason}",
                    request=request,
                    status_code=self._response.status_code,
                    headers=self._response.headers,
                    content=self._response.content,
                )
        present = {k: v for k, v in evaluated.items() if v is not UNSET}
        return build(**present, **arguments)

    def _evaluate(self, value: Any) -> Any:
        """A constant, or what a runtime expression names; UNSET where that is not there."""
        if not isinstance(value, str):
            return value
        if value.startswith("$"):
            return self._find(value)
        parts = {m: self._find(m) for m in _EMBEDDED.findall(value)}
        if UNSET in parts.values():
            return UNSET
        return _EMBEDDED.sub(lambda m: str(parts[m[1]]), value)

    def _find(self, expression: str) -> Any:
        """OpenAPI, Runtime Expressions. `$url` is without the scheme and the host."""
        response, call = self._response, self._response.call
        source, _, rest = expression.partition(".")
        if source == "$url":
            return call.path + ("?" + call.query if call.query else "")
        if source == "$method":
            return call.method
        if source == "$statusCode":
            return response.status_code
        kind, _, name = rest.partition(".")
        if kind == "header" and source == "$response":
            return response.headers.get(name, UNSET)
        if kind in ("header", "query", "path", "cookie"):
            arguments = call.arguments.get(kind, {})
            if kind == "header":
                arguments = {k.lower(): v for k, v in arguments.items()}
                name = name.lower()
            value = arguments.get(name)
            return UNSET if value is None else getattr(value, "value", value)
        content = call.body.content if source == "$request" and call.body else None
        content = response.content if source == "$response" else content
        if rest.partition("#")[0] != "body" or not isinstance(content, bytes):
            return UNSET
        try:
            return _point(parse_json(content), rest.partition("#")[2])
        except (ValueError, LookupError, TypeError, RecursionError):
            return UNSET


def _point(value: Any, pointer: str) -> Any:
    """RFC 6901. Null counts as nothing: no argument can be null."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        value = value[int(name) if value.__class__ is list else name]
    return UNSET if value is None else value
