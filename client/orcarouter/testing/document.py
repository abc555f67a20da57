"""The OpenAPI document behind the emulator, and the validation of requests against it by openapi-core."""

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

__all__ = ["Document", "Invalid", "Operation", "load_document"]

# None leaves the validation of the document out; openapi-core's annotation does not say so.
_UNVALIDATED = Config(spec_validator_cls=None)  # type: ignore[arg-type]
# libyaml's loader where PyYAML was built with it: ten times faster.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DISCRIMINATOR = "x-discriminator"
_LONGEST = 300  # characters of a message
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@attrs.frozen
class Operation:
    """One operation of the document; `path` is its template without the server's base path."""

    id: str
    method: str
    path: str


@attrs.frozen
class Invalid:
    """Why a request does not conform: `security` marks a missing or malformed credential."""

    message: str
    security: bool = False


@attrs.define
class _Request:
    """openapi-core's view of a request."""

    host_url: str
    path: str
    method: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None


class Document:
    """A parsed document, ready to validate requests."""

    def __init__(self, content: dict[str, Any]) -> None:
        """`content` is taken as a valid document: validating it is the business of its own tests."""
        self.content = content
        """As it was given."""
        self._openapi = OpenAPI.from_dict(_plain(content), config=_UNVALIDATED)
        server = urlsplit(content["servers"][0]["url"])
        self._host_url = f"{server.scheme}://{server.netloc}"
        self.base_path = server.path.rstrip("/")
        self._header_names = {"authorization", *self._header_parameters()}
        # Lookups of one task are the same request again and again.
        self._remembered = lru_cache(maxsize=4096)(self._problem)

    def operations(self) -> Iterator[Operation]:
        """All operations, in the order of the document."""
        for path, item in self.content["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield Operation(item[method]["operationId"], method, path)

    def models(self) -> tuple[str, ...]:
        """The model names that the variants of the submission body enumerate."""
        found: dict[str, None] = {}
        for variant in self.content["components"]["schemas"]["VideoRequest"]["oneOf"]:
            model = self._resolve(self._resolve(variant)["properties"]["model"])
            for choice in [model, *model.get("anyOf", [])]:
                found |= dict.fromkeys(choice.get("enum", []))
        return tuple(found)

    def problem(
        self,
        operation: Operation,
        *,
        path_parameters: Mapping[str, str],
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Invalid | None:
        """The first thing in a request that breaks the document, or None. Header names are in lower case."""
        judge = self._problem if body else self._remembered
        return judge(
            operation,
            tuple(path_parameters.items()),
            tuple(query),
            tuple(item for item in headers.items() if item[0] in self._header_names),
            headers.get("content-type", "").lower(),
            body,
        )

    def _problem(
        self,
        operation: Operation,
        path_parameters: tuple[tuple[str, str], ...],
        query: tuple[tuple[str, str], ...],
        headers: tuple[tuple[str, str], ...],
        content_type: str,
        body: bytes,
    ) -> Invalid | None:
        filled = operation.path.format_map({k: quote(v, safe="") for k, v in path_parameters})
        request = _Request(
            host_url=self._host_url,
            path=self.base_path + filled,
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
            return Invalid("no API key in the Authorization header", security=True)
        except OpenAPIError as error:
            return Invalid(_explain(error))
        return None

    def _header_parameters(self) -> Iterator[str]:
        for item in self.content["paths"].values():
            for part in (item, *(item[method] for method in _METHODS if method in item)):
                for parameter in map(self._resolve, part.get("parameters", [])):
                    if parameter["in"] == "header":
                        yield parameter["name"].lower()

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            target: Any = self.content
            for part in schema["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            schema = target
        return schema


def _explain(error: OpenAPIError) -> str:
    where, cause = "", error.__cause__
    if isinstance(error, ParameterValidationError):
        where = f"{error.location} parameter {error.name}"
        if cause is None:
            return f"{where} is missing"
    if isinstance(cause, InvalidSchemaValue):
        worst = _most_telling([e for e in cause.schema_errors if isinstance(e, ValidationError)])
        where = where or ".".join(str(part) for part in worst.absolute_path)
        what = _unknown_variant(worst) or worst.message
    else:
        what = str(cause or error)
    if len(what) > _LONGEST:
        # A message repeats the value, which may be a whole file, and ends in what is wrong with it.
        what = f"{what[: _LONGEST // 2]} ... {what[-_LONGEST // 2 :]}"
    return f"{where}: {what}" if where else what


def _most_telling(errors: list[ValidationError]) -> ValidationError:
    """The error inside the variant whose `model` or `type` fits: the other variants' errors say nothing."""
    error: ValidationError = best_match(errors)
    while error.context and not _unknown_variant(error):
        variants: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            variants.setdefault(inner.schema_path[0], []).append(inner)
        fitting = [
            group
            for group in variants.values()
            if not any(list(inner.absolute_path)[-1:] in (["model"], ["type"]) for inner in group)
        ]
        error = best_match(fitting[0] if fitting else error.context)
    return error


def _unknown_variant(error: ValidationError) -> str:
    """What is wrong with the discriminating property of a union; nothing when it names a variant."""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    discriminator = schema.get(_DISCRIMINATOR)
    if discriminator is None or not isinstance(error.instance, Mapping):
        return ""
    name, known = discriminator["propertyName"], discriminator.get("mapping", {})
    value = error.instance.get(name)
    if not known or (isinstance(value, str) and value in known):
        return ""
    return f"{name} is {value!r}, none of {', '.join(known)}"


def _plain(node: Any) -> Any:
    """A copy of (a part of) the document in which discriminators do not count.

    They add nothing to what a union permits, and openapi-core fails on a discriminating value that is not a string.
    """
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items()}
    if isinstance(node.get("discriminator"), dict) and "propertyName" in node["discriminator"]:
        plain[_DISCRIMINATOR] = plain.pop("discriminator")
    return plain


@cache
def load_document() -> Document:
    """The document of this package.

    Raises FileNotFoundError.
    """
    # In a wheel it lies beside this module; in a checkout in spec/, where it is edited.
    here = Path(__file__).resolve()
    packaged = here.with_name("openapi.yaml")
    path = packaged if packaged.exists() else here.parents[3] / "spec" / "openapi.yaml"
    with path.open("rb") as file:
        return Document(yaml.load(file, Loader=_Loader))  # noqa: S506 - a safe loader
