"""What an operation responds with: a documented response, its body and its headers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from attrs import define, field, frozen

from orcagen.diagnostics import InputError
from orcagen.mock.media_types import (
    choose_by_accept,
    find_syntax,
    get_essence,
    make_concrete,
    write,
)
from orcagen.mock.sampling import Sampler, TooDeepError
from orcagen.mock.schemas import Schemas
from orcagen.openapi import MediaType, Node, Operation, References
from orcagen.openapi.model import Response

ITEMS = "*"  # in the path to a part of a value
_NO_BODY = (204, 205, 304)
# Those of the message itself and of its connection, which the server writes.
_OWN_HEADERS = frozenset(
    "connection content-encoding content-length content-type date keep-alive te trailer transfer-encoding upgrade".split()
)
_PREFERENCE = re.compile(r'\s*([^=;,\s]+)\s*=\s*(?:"([^"]*)"|([^;,\s]*))')
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class NotDocumentedError(Exception):
    """The document has no such response, example or media type. The text says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@frozen
class MockResponse:
    """A response: `value` in `media_type`, "" for none; `schema` and `sampler` are what it was made with."""

    status: int
    media_type: str = ""
    value: Any = None
    headers: dict[str, str] = field(factory=dict)
    schema: Any = None
    sampler: Sampler | None = None

    def find_schema(self, path: Iterable[str]) -> dict[str, Any]:
        """The schema of a part of the value with what it refers to merged into it, `ITEMS` for the items of an array; {} where it
        is not documented."""
        if self.sampler is None:
            return {}
        try:
            flat, _ = self.sampler.flatten(self.schema)
            for name in path:
                inner = flat.get("items") if name == ITEMS else flat.get("properties", {}).get(name)
                flat, _ = self.sampler.flatten(inner)
        except TooDeepError:
            return {}
        return flat

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        if not self.media_type:
            return b""
        name = (
            self.schema.get("$ref", "").rpartition("/")[2] if isinstance(self.schema, dict) else ""
        )
        return write(self.value, self.media_type, name or "root")


def make_value(references: References, schema: Node | None, seed: str) -> Any:
    """A value of a schema, the same one for the same seed."""
    schemas = Schemas(references, "response")
    copy = schemas.copy(schema)
    return Sampler(schemas.components, Random(seed)).sample(copy)


def read_preferences(headers: list[str]) -> dict[str, str]:
    """The preferences of Prefer headers (RFC 7240), the first of each name."""
    preferences: dict[str, str] = {}
    for name, quoted, plain in _PREFERENCE.findall(",".join(headers)):
        preferences.setdefault(name.lower(), quoted or plain)
    return preferences


@define
class Responder:
    """Makes the responses of one operation, the same ones for the same seed."""

    operation: Operation
    _references: References
    _seed: int

    def find(self, status: int) -> Response | None:
        """The documented response for a status: its own, that of its range, or the default."""
        by_status = {r.status: r for r in self.operation.responses}
        names = (str(status), f"{status // 100}XX", "default")
        return next((by_status[n] for n in names if n in by_status), None)

    def find_success(self) -> int:
        """The lowest status of a success; else that of a redirection, or what else is documented; else 200."""
        codes = [r.status for r in self.operation.responses if r.status != "default"]
        numbers = sorted(int(s.replace("XX", "00")) for s in codes)
        ranked = [n for low, high in ((200, 299), (300, 399)) for n in numbers if low <= n <= high]
        if ranked:
            return ranked[0]
        is_default = len(codes) < len(self.operation.responses)
        return 200 if is_default or not numbers else numbers[0]

    def respond(
        self, accept: str, preferences: dict[str, str] | None = None, status: int | None = None
    ) -> MockResponse:
        """The response with a status, by default what the preferences or else the document choose.

        Raises NotDocumentedError for a status, an example or media types that the document does not have.
        """
        preferences = preferences or {}
        code = preferences.get("code", "")
        if status is None and code:
            if not re.fullmatch(r"[2-5]\d\d", code) or self.find(int(code)) is None:
                raise NotDocumentedError(400, f"the document has no response {code} here")
            status = int(code)
        status = status or self.find_success()
        response = self.find(status)
        if response is None:
            return MockResponse(status)
        node = self._find_node(response)
        headers = dict(self._make_headers(response, node))
        if not response.content or status in _NO_BODY:
            return MockResponse(status, headers=headers)
        media_type = choose_by_accept(response.content, accept)
        if media_type is None:
            documented = ", ".join(m.media_type for m in response.content)
            raise NotDocumentedError(406, f"none of {documented} is acceptable")
        return self._make_body(media_type, node, status, headers, preferences.get("example"))

    def _make_body(
        self,
        media_type: MediaType,
        node: Node,
        status: int,
        headers: dict[str, str],
        example: str | None,
    ) -> MockResponse:
        name = make_concrete(media_type.media_type)
        random = Random(f"{self._seed} {self.operation.pointer} {status} {name}")
        schemas = Schemas(self._references, "response")
        sampler = Sampler(schemas.components, random)
        schema = schemas.copy(media_type.schema)
        examples = self._find_examples(node, media_type.media_type)
        if example is not None and example not in examples:
            raise NotDocumentedError(400, f"the response {status} has no example {example!r} here")
        if examples:
            value = deepcopy(examples[example or next(iter(examples))])
            if (
                isinstance(value, str)
                and find_syntax(name) == "json"
                and not sampler.fits(value, schema)
            ):
                value = _read_json(value)
            return MockResponse(status, name, value, headers, schema, sampler)
        if media_type.item_schema is not None:
            items = schemas.copy(media_type.item_schema)
            value = [sampler.sample(items) for _ in range(3)]
        elif find_syntax(name) == "other" and _is_binary(schema):
            value = PNG if get_essence(name) == "image/png" else random.randbytes(64)
        else:
            value = sampler.sample(schema)
        return MockResponse(status, name, value, headers, schema, sampler)

    def _find_node(self, response: Response) -> Node:
        """The Response Object."""
        node = self._child(self.operation.node, "responses")
        for key in node.value:
            if str(key).upper() == response.status.upper():
                return self._child(node, key)
        return node.with_value({})

    def _find_examples(self, node: Node, media_type: str) -> dict[str, Any]:
        """The examples of a media type by name; "" for one without a name."""
        if "content" not in node.value:  # Swagger 2.0 has one for each media type
            by_media_type = self._child(node, "examples").value
            return {"": by_media_type[media_type]} if media_type in by_media_type else {}
        content = self._child(node, "content")
        if media_type not in content.value:
            return {}
        return self._read_examples(self._child(content, media_type))

    def _read_examples(self, node: Node) -> dict[str, Any]:
        by_name: dict[str, Any] = {}
        named = self._child(node, "examples")
        for name in named.value:
            value = self._child(named, name).value
            for key in ("value", "dataValue", "serializedValue"):
                if key in value:
                    by_name[str(name)] = value[key]
                    break
        if "example" in node.value:
            by_name = {"": node.value["example"], **by_name}
        return by_name

    def _child(self, node: Node, key: Any) -> Node:
        """The object under a key, wherever a reference leads; an empty one for anything else."""
        try:
            child = self._references.resolve(node.child(key))
        except (InputError, LookupError, TypeError):
            return node.with_value({})
        return child if isinstance(child.value, dict) else child.with_value({})

    def _make_headers(self, response: Response, node: Node) -> Iterator[tuple[str, str]]:
        headers = self._child(node, "headers")
        for header in response.headers:
            if header.name.lower() in _OWN_HEADERS:
                continue
            examples = self._read_examples(self._child(headers, header.name))
            seed = f"{self._seed} {self.operation.pointer} {response.status} {header.name}"
            made = make_value(self._references, header.schema, seed)
            value = next(iter(examples.values())) if examples else made
            if value is not None:
                yield header.name, _write_header(value, header.media_type)


def _read_json(text: str) -> Any:
    """The value of an example that some documents have as text; the text itself if it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_binary(schema: Any) -> bool:
    """Whether a body is bytes by its schema, and nothing else is known of it."""
    if not isinstance(schema, dict) or not schema:
        return True
    return schema.get("type") == "string" and not {"example", "enum", "const"} & schema.keys()


def _write_header(value: Any, media_type: str) -> str:
    """A value in style `simple`, or in a media type; what a header cannot have is left out."""
    if media_type:
        text = write(value, media_type).decode("utf-8", "replace")
    elif isinstance(value, list):
        text = ",".join(_write_header(v, "") for v in value)
    elif isinstance(value, dict):
        text = ",".join(f"{k},{_write_header(v, '')}" for k, v in value.items())
    elif isinstance(value, bool):
        text = str(value).lower()
    else:
        text = str(value)
    return "".join(c for c in text if " " <= c <= "ÿ" and c != "\x7f").strip()
