"""Whether requests fit the document, by openapi-core: a library that did not generate the client.

Each operation is given to the library as a document of its own in the normal form, so that it makes no difference which version
of OpenAPI describes it, and in how many files.
"""

from __future__ import annotations

import base64
import binascii
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from random import Random
from typing import Any, TypeAlias

from attrs import define, field
from jsonschema.exceptions import ValidationError
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.request.exceptions import ParameterValidationError
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers, ImmutableMultiDict

from orcagen.mock.media_types import Syntax, choose_by_content_type, find_syntax
from orcagen.mock.recording import RecordedRequest
from orcagen.mock.sampling import Sampler, TooDeepError
from orcagen.mock.schemas import DISCRIMINATOR, Schemas
from orcagen.openapi import Document, MediaType, Operation, Parameter, References, SecurityScheme

NOT_JSON = "the body is not JSON"
_HOST = "http://mock"
_MAX_MESSAGE = 300  # characters
_MAX_PROBLEMS = 50
_MAX_KEPT = 4096  # results of an operation
Problems: TypeAlias = tuple[int, list[dict[str, str]]]
# None skips the validation of the document, which is made here; the annotation does not allow None.
_CONFIG = Config(
    spec_validator_cls=None,  # type: ignore[arg-type]
    extra_format_validators={"time": lambda value: _is_time(value)},  # defined below
)
_BODY_TYPES: dict[Syntax, str] = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
}


@define
class _CoreRequest:
    """A request as openapi-core reads it: its `Request` protocol."""

    method: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None
    host_url: str = _HOST
    path: str = "/"


@define
class RequestValidator:
    """Validates the requests of one operation."""

    operation: Operation
    _references: References
    _cores: dict[tuple[str, str], OpenAPI] = field(
        factory=dict, init=False
    )  # by part of the request

    _kept: dict[Any, Problems] = field(factory=dict, init=False)

    def find_problems(
        self, request: RecordedRequest, path_parameters: dict[str, str], *, is_malformed: bool
    ) -> Problems:
        """The status of a rejection, and what is wrong: `location` and `message` of each; 200 and nothing if all is right.
        `is_malformed`: the body cannot be parsed."""
        if request.body:
            return self._find_problems(request, path_parameters, is_malformed=is_malformed)
        # Clients that poll send the same request again and again.
        names = ("cookie", *(p.name.lower() for p in self.operation.parameters))
        headers = tuple(request.headers.get(n) for n in names)
        key = (tuple(path_parameters.items()), tuple(request.query), headers)
        if key not in self._kept:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[key] = self._find_problems(request, path_parameters, is_malformed=False)
        return self._kept[key]

    def _find_problems(
        self, request: RecordedRequest, path_parameters: dict[str, str], *, is_malformed: bool
    ) -> Problems:
        media_type, content_type = None, request.headers.get("content-type", "")
        body = self.operation.body
        if body and request.body:
            media_type = choose_by_content_type(body.content, content_type)
            if media_type is None:
                documented = ", ".join(m.media_type for m in body.content)
                message = f"the media type {content_type!r} is none of {documented}"
                return 415, [{"location": "body", "message": message}]
        if body and body.required and not request.body:
            return 400, [{"location": "body", "message": "Missing required request body"}]
        if is_malformed:
            return 400, [{"location": "body", "message": NOT_JSON}]
        syntax = find_syntax(media_type.media_type) if media_type else "other"
        core_request = _CoreRequest(
            method="post",
            parameters=RequestParameters(
                query=ImmutableMultiDict(request.query),
                header=Headers(list(request.headers.items())),
                cookie=ImmutableMultiDict(_read_cookies(request)),
                path=path_parameters,
            ),
            content_type=_BODY_TYPES.get(syntax, "application/octet-stream"),
            body=request.body or None,
        )
        problems = list(self._iterate(core_request, media_type, syntax))[:_MAX_PROBLEMS]
        return (400 if problems else 200), problems

    def _iterate(
        self, request: _CoreRequest, media_type: MediaType | None, syntax: Syntax
    ) -> Iterator[dict[str, str]]:
        """What is wrong in each part of a request. A part that openapi-core cannot judge costs no other part."""
        parts: list[Parameter | MediaType] = [*self.operation.parameters]
        parts += [media_type] if media_type and syntax in _BODY_TYPES else []
        for part in parts:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of what is deprecated
                    core = self._find_core(part)
                    errors = list(core.iter_request_errors(request)) if core else []
            except (
                Exception
            ):  # those of the library for schemas that it cannot read have no common base
                continue
            for error in errors:
                yield from _describe(error)

    def _find_core(self, part: Parameter | MediaType) -> OpenAPI | None:
        """The document of one part of the request; None for a parameter that openapi-core cannot read."""
        key = (
            (part.location, part.name) if isinstance(part, Parameter) else ("body", part.media_type)
        )
        if key not in self._cores:
            schemas = Schemas(self._references, "request")
            operation: dict[str, Any] = {"responses": {"200": {"description": ""}}}
            if isinstance(part, Parameter):
                parameter = _describe_parameter(part, schemas)
                if not _is_readable(parameter, schemas):
                    return None
                operation["parameters"] = [parameter]
            else:
                name = _BODY_TYPES[find_syntax(part.media_type)]
                content = {name: {"schema": schemas.copy(part.schema)}}
                operation["requestBody"] = {"content": content}
            document = {
                "openapi": "3.1.0",
                "info": {"title": "", "version": ""},
                "servers": [{"url": _HOST}],
                "paths": {"/": {"post": operation}},
                "components": {"schemas": schemas.components},
            }
            self._cores[key] = OpenAPI.from_dict(document, config=_CONFIG)
        return self._cores[key]


def _is_readable(parameter: dict[str, Any], schemas: Schemas) -> bool:
    """Whether openapi-core can read a parameter: not in some styles, nor an object whose properties are parameters."""
    style = parameter.get("style")
    if parameter["in"] == "querystring" or style in ("matrix", "label", "spaceDelimited"):
        return False
    if style != "form" or not parameter["explode"]:
        return True
    try:
        flat, _ = Sampler(schemas.components, Random(0)).flatten(parameter["schema"])
    except TooDeepError:
        return False
    members = [flat, *flat.get("anyOf", ()), *flat.get("oneOf", ())]
    objects = ({"$ref", "properties"} & m.keys() or "object" in m.get("type", "") for m in members)
    return not any(objects)


def _describe_parameter(parameter: Parameter, schemas: Schemas) -> dict[str, Any]:
    schema = _drop_null(schemas.copy(parameter.schema))
    out: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.required,
    }
    if parameter.media_type is None:
        style = "form" if parameter.style == "cookie" else parameter.style
        explode = parameter.explode or style == "deepObject"  # in which it has no meaning
        return {**out, "schema": schema, "style": style, "explode": explode}
    is_json = find_syntax(parameter.media_type) == "json"
    return {**out, "content": {"application/json" if is_json else "text/plain": {"schema": schema}}}


def _drop_null(schema: Any) -> Any:
    """The schema of a parameter without null, which cannot be sent: openapi-core casts texts to what one type says."""
    if not isinstance(schema, dict):
        return schema
    for union in ("anyOf", "oneOf"):
        members = [m for m in schema.get(union, ()) if m != {"type": "null"}]
        if len(members) == 1 and isinstance(members[0], dict):
            return {**{k: v for k, v in schema.items() if k != union}, **members[0]}
    return schema


def _read_cookies(request: RecordedRequest) -> list[tuple[str, str]]:
    pairs = (p.partition("=") for p in request.headers.get("cookie", "").split(";") if "=" in p)
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _describe(error: Exception) -> Iterator[dict[str, str]]:
    """What is wrong by an error of openapi-core; each place of a value that does not fit its schema is one of its own."""
    cause = error.__cause__
    location = "body"
    if isinstance(error, ParameterValidationError):
        location = f"{error.location} parameter {error.name}"
        if cause is None:
            yield {"location": location, "message": "it is missing"}
            return
    if isinstance(cause, InvalidSchemaValue):
        for nested in sorted(cause.schema_errors, key=_rank):
            yield _describe_schema_error(nested, location)
        return
    yield {"location": location, "message": _shorten(str(cause or error))}


def _describe_schema_error(error: Exception, location: str) -> dict[str, str]:
    if not isinstance(error, ValidationError):
        return {"location": location, "message": _shorten(str(error))}
    error = _find_cause(error)
    pointer = "".join(f"/{part}" for part in error.absolute_path)
    message = _describe_unknown_member(error) or error.message
    return {"location": f"{location} {pointer}".strip(), "message": _shorten(message)}


def _rank(error: Any) -> tuple[int, bool]:
    """Errors of outer values come first, and those of unions, which say less, last."""
    path = getattr(error, "absolute_path", ())
    return len(path), getattr(error, "validator", "") in ("anyOf", "oneOf")


def _find_cause(error: ValidationError) -> ValidationError:
    """What is wrong in the member of a union that a value is meant for: the one that fails for the fewest reasons, where what
    is wrong for most members (a constant that tells them apart) counts most. Errors of the others only say that it is not of
    their kind."""
    while error.context and not _describe_unknown_member(error):
        by_member: dict[Any, list[ValidationError]] = {}
        for nested in error.context:
            by_member.setdefault(nested.schema_path[0], []).append(nested)
        depth = len(error.absolute_path)
        names = {m: _find_names(errors, depth) for m, errors in by_member.items()}
        counts = Counter(name for each in names.values() for name in each)
        scores = {
            member: (
                _fails_kind(errors, depth, ("type", "const", "enum")),
                sum(counts[name] for name in names[member]),
                _fails_kind(errors, depth + 1, ("const", "enum")),
            )
            for member, errors in by_member.items()
        }
        nearest = [m for m, score in scores.items() if score == min(scores.values())]
        candidates = by_member[nearest[0]] if len(nearest) == 1 else error.context
        error = min(candidates, key=_rank)
    return error


def _find_names(errors: Iterable[ValidationError], depth: int) -> set[Any]:
    """The properties or items of a value that errors are in; the keyword for those of the value itself."""
    paths = ((list(e.absolute_path)[depth:], e.validator) for e in errors)
    return {path[0] if path else keyword for path, keyword in paths}


def _fails_kind(errors: Iterable[ValidationError], depth: int, keywords: Sequence[str]) -> bool:
    """Whether one of these keywords, which tell kinds of values apart, fails for the value itself or what it consists of."""
    return any(e.validator in keywords for e in errors if len(e.absolute_path) == depth)


def _describe_unknown_member(error: ValidationError) -> str:
    """A message if the discriminator of a union selects no member; else ""."""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    name, values = schema.get(DISCRIMINATOR, ("", []))
    if not values or None in values or not isinstance(error.instance, dict):
        return ""
    value = error.instance.get(name)
    if isinstance(value, str) and value in values:
        return ""
    return f"{name} is {value!r}, must be one of {', '.join(values)}"


def _is_time(value: Any) -> bool:
    """Whether a text is a time as RFC 3339 has it, with an offset, which openapi-core refuses; or without."""
    try:
        return not isinstance(value, str) or bool(time.fromisoformat(value))
    except ValueError:
        return False


def _shorten(text: str) -> str:
    if len(text) <= _MAX_MESSAGE:
        return text
    # A message starts with the value, which may be a whole file, and ends in what is wrong with it.
    return f"{text[: _MAX_MESSAGE // 2]} ... {text[-_MAX_MESSAGE // 2 :]}"


# Credentials


def has_credentials(document: Document, operation: Operation, request: RecordedRequest) -> bool:
    """Whether a request has the credentials of one alternative, whatever their values are (Security Requirement Object)."""
    schemes = {s.key: s for s in document.security_schemes}
    return not operation.security or any(
        all(_is_met(schemes.get(r.scheme), request) for r in alternative)
        for alternative in operation.security
    )


def _is_met(scheme: SecurityScheme | None, request: RecordedRequest) -> bool:
    scheme_name, credentials = _read_authorization(request)
    match scheme:
        case SecurityScheme(kind="bearer") | SecurityScheme(kind="oauth2"):
            return scheme_name == "bearer" and bool(credentials)
        case SecurityScheme(kind="basic"):
            return scheme_name == "basic" and _is_base64(credentials)
        case SecurityScheme(kind="apiKey", location="header", name=name):
            return name.lower() in request.headers
        case SecurityScheme(kind="apiKey", location="query", name=name):
            return any(key == name for key, _ in request.query)
        case SecurityScheme(kind="apiKey", location="cookie", name=name):
            return any(key == name for key, _ in _read_cookies(request))
    return True  # of another kind, which nothing in the request need show


def _read_authorization(request: RecordedRequest) -> tuple[str, str]:
    scheme_name, _, credentials = request.headers.get("authorization", "").partition(" ")
    return scheme_name.lower(), credentials.strip()


def _is_base64(text: str) -> bool:
    try:
        return b":" in base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
