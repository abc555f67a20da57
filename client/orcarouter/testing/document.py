"""The OpenAPI document that the emulator implements, and the validation of requests against it with openapi-core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import attrs
import yaml
from jsonschema.exceptions import ValidationError, best_match
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.request.exceptions import (
    ParameterValidationError,
    SecurityValidationError,
)
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers, ImmutableMultiDict

__all__ = ["Document", "OperationInfo", "RequestProblem", "load_document"]

# None skips the validation of the document, which tests/spec does; openapi-core's annotation does not allow None.
_WITHOUT_VALIDATION = Config(spec_validator_cls=None)  # type: ignore[arg-type]
# libyaml's loader where PyYAML was built with it: ten times faster.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HIDDEN_DISCRIMINATOR = "x-discriminator"
_MAX_MESSAGE = 300  # characters
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@attrs.frozen
class OperationInfo:
    """What identifies an operation of the document."""

    id: str
    """The operationId."""
    method: str
    """In lower case."""
    path: str
    """The path template, without the base path of the server."""


@attrs.frozen
class RequestProblem:
    """Why a request does not conform to the document."""

    message: str
    is_security: bool = False
    """Whether the credential is missing or malformed."""


@attrs.define
class _CoreRequest:
    """A request as openapi-core reads it: its `Request` protocol."""

    host_url: str
    path: str
    method: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None


class Document:
    """A parsed document, ready to validate requests."""

    def __init__(self, content: dict[str, Any]) -> None:
        """`content` is the parsed document, which must be valid: it is not validated here."""
        self.content = content
        """The parsed document."""
        self._openapi = OpenAPI.from_dict(_hide_discriminators(content), config=_WITHOUT_VALIDATION)
        server = urlsplit(content["servers"][0]["url"])
        self._host_url = f"{server.scheme}://{server.netloc}"
        self.base_path = server.path.rstrip("/")
        self._header_names = {"authorization", *self._header_parameters()}
        # Polling sends the same request again and again.
        self._find_problem_cached = lru_cache(maxsize=4096)(self._find_problem)

    def operations(self) -> Iterator[OperationInfo]:
        """All operations, in the order of the document."""
        for path, item in self.content["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield OperationInfo(item[method]["operationId"], method, path)

    def model_names(self) -> tuple[str, ...]:
        """The model names that the schemas of the submission body enumerate."""
        names: dict[str, None] = {}  # a dict keeps the order
        for variant in self.content["components"]["schemas"]["VideoRequest"]["oneOf"]:
            model = self._resolve(self._resolve(variant)["properties"]["model"])
            for choice in [model, *model.get("anyOf", [])]:
                names |= dict.fromkeys(choice.get("enum", []))
        return tuple(names)

    def find_problem(
        self,
        operation: OperationInfo,
        *,
        path_parameters: Mapping[str, str],
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> RequestProblem | None:
        """The first reason why a request does not conform to the document, or None. Header names are in lower case."""
        find = self._find_problem if body else self._find_problem_cached
        return find(
            operation,
            tuple(path_parameters.items()),
            tuple(query),
            tuple(item for item in headers.items() if item[0] in self._header_names),
            headers.get("content-type", "").lower(),
            body,
        )

    def _find_problem(
        self,
        operation: OperationInfo,
        path_parameters: tuple[tuple[str, str], ...],
        query: tuple[tuple[str, str], ...],
        headers: tuple[tuple[str, str], ...],
        content_type: str,
        body: bytes,
    ) -> RequestProblem | None:
        quoted = {name: quote(value, safe="") for name, value in path_parameters}
        request = _CoreRequest(
            host_url=self._host_url,
            path=self.base_path + operation.path.format_map(quoted),
            method=operation.method,
            parameters=RequestParameters(
                query=ImmutableMultiDict(query),
                header=Headers(headers),
                cookie=ImmutableMultiDict(),
            ),
            content_type=content_type,
            body=body or None,
        )
        try:
            self._openapi.validate_request(request)
        except SecurityValidationError:
            return RequestProblem("no API key in the Authorization header", is_security=True)
        except OpenAPIError as error:
            return RequestProblem(_describe_error(error))
        return None

    def _header_parameters(self) -> Iterator[str]:
        for item in self.content["paths"].values():
            for owner in (item, *(item[method] for method in _METHODS if method in item)):
                for parameter in map(self._resolve, owner.get("parameters", [])):
                    if parameter["in"] == "header":
                        yield parameter["name"].lower()

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            target: Any = self.content
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        return schema


def _describe_error(error: OpenAPIError) -> str:
    location, cause = "", error.__cause__
    if isinstance(error, ParameterValidationError):
        location = f"{error.location} parameter {error.name}"
        if cause is None:
            return f"{location} is missing"
    if isinstance(cause, InvalidSchemaValue):
        schema_errors = [e for e in cause.schema_errors if isinstance(e, ValidationError)]
        relevant = _find_most_relevant(schema_errors)
        location = location or ".".join(str(part) for part in relevant.absolute_path)
        message = _describe_unknown_variant(relevant) or relevant.message
    else:
        message = str(cause or error)
    if len(message) > _MAX_MESSAGE:
        # A message starts with the value, which may be a whole file, and ends in what is wrong with it.
        message = f"{message[: _MAX_MESSAGE // 2]} ... {message[-_MAX_MESSAGE // 2 :]}"
    return f"{location}: {message}" if location else message


def _find_most_relevant(errors: list[ValidationError]) -> ValidationError:
    """The error in the variant of a union that the request means, by its `model` or `type`.

    The errors in the other variants only say that the request is not of those kinds.
    """
    error: ValidationError = best_match(errors)
    while error.context and not _describe_unknown_variant(error):
        errors_by_variant: dict[Any, list[ValidationError]] = {}
        for nested in error.context:
            errors_by_variant.setdefault(nested.schema_path[0], []).append(nested)
        matching = [
            nested_errors
            for nested_errors in errors_by_variant.values()
            if not any(
                list(nested.absolute_path)[-1:] in (["model"], ["type"]) for nested in nested_errors
            )
        ]
        error = best_match(matching[0] if matching else error.context)
    return error


def _describe_unknown_variant(error: ValidationError) -> str:
    """A message if the discriminator property of a union selects no variant; else empty."""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    discriminator = schema.get(_HIDDEN_DISCRIMINATOR)
    if discriminator is None or not isinstance(error.instance, Mapping):
        return ""
    name, mapping = discriminator["propertyName"], discriminator.get("mapping", {})
    value = error.instance.get(name)
    if not mapping or (isinstance(value, str) and value in mapping):
        return ""
    return f"{name} is {value!r}, must be one of {', '.join(mapping)}"


def _hide_discriminators(node: Any) -> Any:
    """A copy of (a part of) the document with `discriminator` renamed, so that openapi-core ignores it.

    A discriminator does not change what a union permits, and openapi-core fails if its value is not a string.
    """
    if isinstance(node, list):
        return [_hide_discriminators(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {key: _hide_discriminators(value) for key, value in node.items()}
    if isinstance(node.get("discriminator"), dict) and "propertyName" in node["discriminator"]:
        copy[_HIDDEN_DISCRIMINATOR] = copy.pop("discriminator")
    return copy


@cache
def load_document() -> Document:
    """The OpenAPI document of the service, parsed once.

    Raises FileNotFoundError if this package is incomplete.
    """
    # A wheel contains a copy next to this module; a checkout has the original in spec/.
    here = Path(__file__).resolve()
    packaged = here.with_name("openapi.yaml")
    path = packaged if packaged.exists() else here.parents[3] / "spec" / "openapi.yaml"
    with path.open("rb") as file:
        return Document(yaml.load(file, Loader=_Loader))  # noqa: S506 - a safe loader
