"""Sends the requests of a scenario with a generated package, and judges what comes back.

Arguments come from the requests that the mock server expects, put into JSON by the document's rules and into Python by
the annotations. A scenario passes if the server answers every request with the status of the scenario, and the package
reads each response as the annotations say and writes it as it came.
"""

from __future__ import annotations

import base64
import inspect
import json
import re
import traceback
import typing
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from attrs import frozen

from benchmarks.conformance.document import Document, Match, is_json, is_xml, plain_type
from benchmarks.conformance.package import Package, Upload
from benchmarks.conformance.values import MismatchError, Values

TIMEOUT = 20.0  # seconds
NEXT_PAGE = (
    "/nextPage"  # the end of links to further pages, which are no operations of the document
)

Function = Callable[..., Any]


class FailedError(Exception):
    """Why a scenario failed."""


def judge(requests: Sequence[Any], services: Sequence[Service]) -> tuple[str, str]:
    """The state of a scenario, and why it failed."""
    states: list[str] = []
    for request in requests:
        matches = [(s, m) for s in services if (m := s.find(request))]
        if not matches and request["uri"].endswith(NEXT_PAGE) and states:
            continue
        if not matches:
            return "failed", f"no operation for {request['method']} {request['uri']}"
        service, match = matches[0]
        try:
            states.append(service.drive(request, match))
        except FailedError as problem:
            return "failed", str(problem)
        except Exception as problem:
            line = traceback.format_exc().splitlines()[-3].strip()
            return "failed", f"{type(problem).__name__}: {problem}"[:400] + f" at {line}"
    return ("text" if "text" in states else "passed"), ""


@frozen
class Service:
    """A document with its package, and a server that offers it."""

    document: Document
    package: Package
    values: Values
    before: str  # the path of the server, before all paths
    options: dict[str, Any]  # of clients
    asynchronous: bool

    @classmethod
    def of(cls, path: Path, package: Package, url: str, asynchronous: bool) -> Service:
        document = Document(path)
        before, options = document.server(url)
        options["timeout"] = TIMEOUT
        return cls(document, package, Values(package), before, options, asynchronous)

    def find(self, request: Any) -> Match | None:
        path = request["uri"].partition("?")[0]
        for name, value in request["path"].items():
            path = re.sub(rf":{re.escape(name)}\b", str(value), path)
        path = path.replace("\\:", ":")
        for text in (urllib.parse.unquote(path), path):
            if match := self.document.find(request["method"], text, self.before):
                return match
        return None

    def drive(self, request: Any, match: Match) -> str:
        """ "passed", or "text" where a body of XML went or came as text. Raises FailedError."""
        function = self.package.function(request["method"], match.path)
        body, answer = request.get("body") or {}, request.get("response") or {}
        headers = {k.lower(): v for k, v in request["headers"].items()}
        try:
            arguments = self._parameters(function, match, request, headers)
            arguments |= self._body(function, match.operation, body)
        except MismatchError as problem:
            raise FailedError(f"no value for an argument: {problem}") from None
        options = {**self.options, **self._credentials(request, headers)}
        if "accept" in headers and self.package.option(function, "accept"):
            arguments["accept"] = headers["accept"]
        call = function(**arguments)
        response = self.package.send(call, self.asynchronous, options)
        if response.status_code != request["status"]:
            status = f"status {response.status_code}, not {request['status']}"
            raise FailedError(f"{call!r:.300}: {status}: {response.content[:300]!r}")
        texts = [arguments.get("body")] if is_xml(body.get("type")) else []
        if answer:
            value = _read(response)
            kind, item_kind = self.package.results(function, arguments.get("accept"))
            self._check(kind, match.operation, response, value)
            if plain_type(answer["type"]) in ("text/event-stream", "application/jsonl"):
                items = self.package.stream(call, self.asynchronous, options)
                self._check_items(item_kind, match.operation, items, response)
            texts += [value] if is_xml(answer["type"]) else []
        return "text" if any(isinstance(text, str | bytes) for text in texts) else "passed"

    def build(self, function: Function, parameter: inspect.Parameter, data: Any) -> Any:
        """The argument for JSON. Raises MismatchError."""
        annotation = self.package.resolve(parameter.annotation, function.__module__)
        return self.values.build(annotation, data)

    # Requests

    def _parameters(
        self, function: Function, match: Match, request: Any, headers: dict[str, str]
    ) -> dict[str, Any]:
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(request["uri"]).query)
        sources: dict[str, dict[str, Any]] = {
            "path": {k: urllib.parse.unquote(v) for k, v in match.arguments.items()},
            "query": dict(query) | request["query"],
            "header": headers,
            "cookie": {},
        }
        arguments = {}
        parameters = self.document.parameters(match.item, match.operation)
        for (place, name), parameter in parameters.items():
            target = self.package.parameter(function, name)
            if target is None:
                continue  # Accept, Content-Type and Authorization are no parameters in OpenAPI
            text = sources[place].get(name)
            if text is None and self.document.type_of(parameter.get("schema"))[0] != "object":
                if target.default is target.empty:
                    raise MismatchError(f"the server expects no {place} parameter {name}")
                continue
            others = {k: v for k, v in sources["query"].items() if k != name}
            data = self.document.argument(parameter, text, others)
            arguments[target.name] = self.build(function, target, data)
        return arguments

    def _body(self, function: Function, operation: Any, body: Any) -> dict[str, Any]:
        parameter = self.package.option(function, "body")
        if not body:  # an empty object for a body all of whose properties are the server's
            required = parameter is not None and parameter.default is parameter.empty
            return {"body": self.build(function, parameter, {})} if parameter and required else {}
        if parameter is None:
            raise MismatchError("the function takes no body")
        content = self.document.request_content(operation)
        media_type, media = self.document.media(content, body["type"])
        arguments: dict[str, Any] = {}
        if choice := self.package.option(function, "media_type"):
            annotation = self.package.resolve(choice.annotation, function.__module__)
            choices = {a for k in self.package.members(annotation) for a in typing.get_args(k)}
            if "*" in (media_type or ""):
                arguments["media_type"] = body["type"]
            elif media_type in choices:
                arguments["media_type"] = media_type
        raw = (
            base64.b64decode(body["base64"]) if "base64" in body else body.get("text", "").encode()
        )
        if "parts" in body:
            arguments["body"] = self.build(function, parameter, self._parts(media, body))
        elif "base64" in body or self.document.is_file(media.get("schema")):
            arguments["body"] = raw
        elif is_json(media_type):
            arguments["body"] = self.build(function, parameter, json.loads(raw))
        elif is_xml(media_type) and not self._takes_text(function, parameter):
            data = self.document.from_xml(media["schema"], ElementTree.fromstring(raw))
            arguments["body"] = self.build(function, parameter, data)
        else:  # text; one scenario says JSON where the document says text/plain
            arguments["body"] = json.loads(raw) if is_json(body["type"]) else raw.decode()
        return arguments

    def _takes_text(self, function: Function, parameter: inspect.Parameter) -> bool:
        kinds = self.package.members(parameter.annotation, function.__module__)
        return not any(
            self.package.is_model(k) or typing.get_origin(k) in (list, dict) for k in kinds
        )

    def _parts(self, media: Any, body: Any) -> dict[str, Any]:
        """The JSON of a multipart body, with files in it; with media types where the document does not say them."""
        properties = self.document.type_of(media.get("schema"))[1].get("properties") or {}
        data: dict[str, Any] = {}
        for name, value in body["parts"].items():
            is_text = self.document.type_of(properties.get(name))[0] == "string"
            data[name] = str(value) if is_text and not isinstance(value, str) else value
        for file in body["files"]:
            name = file["fieldname"]
            declared = ((media.get("encoding") or {}).get(name) or {}).get("contentType", "*/*")
            content = base64.b64decode(file["buffer"]["base64"])
            media_type = file["mimetype"] if "*" in declared or "," in declared else None
            part = Upload(file["originalname"], content, media_type)
            if self.document.type_of(properties.get(name))[0] == "array":
                data.setdefault(name, []).append(part)
            else:
                data[name] = part
        return data

    def _credentials(self, request: Any, headers: dict[str, str]) -> dict[str, Any]:
        """Options of a client for the credentials that the server expects."""
        schemes = (self.document.data.get("components") or {}).get("securitySchemes") or {}
        kind, _, secret = headers.get("authorization", "").partition(" ")
        refused = request["status"] in (401, 403)
        for name, scheme in schemes.items():
            header = scheme.get("name", "").lower()
            if scheme["type"] == "apiKey" and (header in headers or refused):
                return self.package.credential(name, headers.get(header, "invalid"))
            if scheme["type"] == "oauth2" and (kind == "Bearer" or refused):
                return self.package.credential(name, secret or "invalid")
        return {"headers": {"Authorization": headers["authorization"]}} if kind else {}

    # Responses

    def _media(self, operation: Any, response: Any) -> tuple[str, Any]:
        """The media type of the response, and the document's entry for it."""
        media_type = plain_type(response.headers.get("content-type"))
        content = self.document.response_content(operation, response.status_code)
        return media_type, self.document.media(content, media_type)[1]

    def _check(self, kind: Any, operation: Any, response: Any, value: Any) -> None:
        """Compares the typed body with the response's own bytes. Raises FailedError."""
        media_type, media = self._media(operation, response)
        schema = media.get("schema")
        try:
            if self.document.is_file(schema):
                _same(response.content, value)
            elif is_json(media_type):
                data = json.loads(response.content)
                self._check_json(kind, schema, data, response.status_code, value)
            elif is_xml(media_type) and not isinstance(value, str | bytes):
                data = self.document.from_xml(schema, ElementTree.fromstring(response.content))
                self._check_json(kind, schema, data, response.status_code, value)
            else:
                is_bytes = isinstance(value, bytes)
                _same(response.content if is_bytes else response.content.decode(), value)
        except MismatchError as problem:
            raise FailedError(f"read differently: {problem}") from None

    def _check_json(self, kind: Any, schema: Any, data: Any, status: int, value: Any) -> None:
        if status >= 400:
            encoded = self.package.encode(value)
            _same(data, value if encoded is None else encoded)
            return
        try:
            self.values.check(kind, data, value)
        except MismatchError:
            # What fits no type, as with an unknown discriminator, is read as the class of the schema itself.
            base = self.package.class_at(((schema or {}).get("$ref") or "").lstrip("#"))
            if base is None or type(value) is not base or self._fits(kind, data):
                raise
        self.values.same_json(data, value)

    def _fits(self, kind: Any, data: Any) -> bool:
        try:
            self.values.build(kind, data)
        except MismatchError:
            return False
        return True

    def _check_items(self, kind: Any, operation: Any, items: list[Any], response: Any) -> None:
        media_type, media = self._media(operation, response)
        text = response.content.decode()
        whole = "itemSchema" in media
        if media_type == "application/jsonl":
            expected = [[json.loads(line)] for line in text.splitlines() if line.strip()]
        else:
            expected = [_forms(event, whole) for event in _events(text)]
        try:
            if len(items) != len(expected):
                raise MismatchError(f"{len(items)} items, not {len(expected)}: {items!r:.200}")
            for item, forms in zip(items, expected, strict=True):
                self._check_item(kind, whole, item, forms)
        except MismatchError as problem:
            raise FailedError(f"streamed differently: {problem}") from None

    def _check_item(self, kind: Any, whole: bool, item: Any, forms: list[Any]) -> None:
        problems = []
        for form in forms:
            encoded = self.package.encode(item)
            if whole and isinstance(form, dict) and encoded:
                # `id` and `retry` are of the protocol: kept or not.
                own = {k: encoded[k] for k in ("id", "retry") if k in encoded and k not in form}
                form = form | own
            try:
                if whole:
                    self.values.check(kind, form, item)
                else:
                    _same(form, item)
                return
            except MismatchError as problem:
                if whole and encoded == form and not self._fits(kind, form):
                    return  # an event without the name that the document requires
                problems.append(str(problem))
        raise MismatchError(" / ".join(dict.fromkeys(problems)))


def _read(response: Any) -> Any:
    """The typed body, of an error too."""
    try:
        return response.parsed if response.error is None else response.error.parsed
    except Exception as problem:
        raise FailedError(f"not read: {type(problem).__name__}: {problem}"[:300]) from None


def _events(text: str) -> Iterator[dict[str, str]]:
    """The events of a text/event-stream, each with its data and, where it has one, its name."""
    for block in text.split("\n\n"):
        lines = [line.partition(":")[::2] for line in block.split("\n")]
        data = [value.removeprefix(" ") for name, value in lines if name == "data"]
        names = [{"event": value.removeprefix(" ")} for name, value in lines if name == "event"]
        if data:
            yield {"data": "\n".join(data), **(names[-1] if names else {})}


def _forms(event: dict[str, str], whole: bool) -> list[Any]:
    """What an event may be read as: with an item schema the event, its data as text or parsed; else the data."""
    try:
        parsed = json.loads(event["data"])
    except ValueError:
        parsed = event["data"]
    return [event, {**event, "data": parsed}] if whole else [event["data"], parsed]


def _same(expected: Any, value: Any) -> None:
    if type(value) is not type(expected) or value != expected:
        raise MismatchError(f"{value!r:.160}, not {expected!r:.160}")
