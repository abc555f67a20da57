"""Spans of requests, after the semantic conventions of OpenTelemetry for HTTP clients."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .call import Request
from .client import BaseClient

_NAME = __name__.partition("._runtime")[0]
_PORTS = {"http": 80, "https": 443}


def _load_api() -> Any:
    """The modules `trace` and `propagate` of opentelemetry-api; None if it is not installed."""
    api: Any = None
    if not TYPE_CHECKING:  # which would report that it is not installed
        try:
            from opentelemetry import propagate, trace

            api = trace, propagate
        except ModuleNotFoundError:
            pass
    return api


class TracingClient(BaseClient):
    """A client that makes a span for each request, where opentelemetry-api is installed."""

    _is_observed = True

    def _exchange(
        self, call: Request[Any], send: partial[Any]
    ) -> Generator[Any, Any, Any]:
        api = _load_api()
        if api is None:
            return (yield from super()._exchange(call, send))
        trace, propagate = api
        span = trace.get_tracer(_NAME).start_span(
            call.operation or call.method,
            kind=trace.SpanKind.CLIENT,
            attributes=self._describe(call),
        )
        try:
            headers: dict[str, str] = {}
            propagate.inject(headers, context=trace.set_span_in_context(span))
            send.args[0].headers.update(headers)
            response = yield from super()._exchange(call, send)
            span.set_attribute("http.response.status_code", response.status_code)
            version = response.http_version.removeprefix("HTTP/")
            span.set_attribute("network.protocol.version", version)
            if response.status_code >= 400:
                span.set_attribute("error.type", str(response.status_code))
                span.set_status(trace.StatusCode.ERROR)
        except Exception as error:
            kind = type(error)
            span.set_attribute("error.type", f"{kind.__module__}.{kind.__qualname__}")
            span.set_status(trace.StatusCode.ERROR)
            raise
        finally:
            span.end()
        return response

    def _describe(self, call: Request[Any]) -> dict[str, Any]:
        """The attributes of a span that are known before the request is sent. None of them has a credential."""
        url = self.locate(call)
        parts = urlsplit(url)
        return {
            "http.request.method": call.method,
            "server.address": parts.hostname or "",
            "server.port": parts.port or _PORTS.get(parts.scheme.lower(), 0),
            "url.full": url + call.path + ("?" + call.query if call.query else ""),
            "url.template": call.operation.partition(" ")[2],
        }
