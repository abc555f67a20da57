"""The normal form of a document: one shape for OpenAPI 2.0, 3.0, 3.1 and 3.2. Schemas stay as they are, in place."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from attrs import field, frozen

from orcagen.pointers import escaped

Location = Literal["path", "query", "querystring", "header", "cookie"]


class Key(NamedTuple):
    """Identifies a schema, or one of several types made from a schema.

    `file` is an absolute path, a URL or "-"; `pointer` a JSON pointer in it. `role` is "" for the schema itself.
    A named tuple, not an attrs class: keys are hashed millions of times, and tuples do that in C.
    """

    file: str
    pointer: str
    role: str = ""


@frozen
class Node:
    """A value of the document and where it stands: the file (path or URL) and the JSON pointer in it."""

    file: str
    pointer: str
    value: Any = field(eq=False, hash=False, repr=False)

    def child(self, *path: str | int) -> Node:
        value, pointer = self.value, self.pointer
        for token in path:
            value = value[token]
            pointer += "/" + escaped(str(token))
        return Node(self.file, pointer, value)

    @property
    def key(self) -> Key:
        return Key(self.file, self.pointer)

    @property
    def name(self) -> str:
        """The last token of the pointer."""
        return self.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


@frozen
class Encoding:
    """How one property of a form or multipart body is written (OpenAPI Encoding Object)."""

    content_type: str | None = None
    style: str | None = None
    explode: bool | None = None
    allow_reserved: bool = False


@frozen
class MediaType:
    """One media type of a body or an answer. `item_schema` is the schema of each element of a stream (3.2)."""

    media_type: str
    schema: Node | None
    item_schema: Node | None = None
    encoding: dict[str, Encoding] = field(factory=dict)


@frozen
class Parameter:
    name: str
    location: Location
    required: bool
    schema: Node | None
    node: Node
    description: str = ""
    deprecated: bool = False
    style: str = "simple"
    explode: bool = False
    allow_reserved: bool = False
    media_type: str | None = None  # of a `content` parameter


@frozen
class Body:
    required: bool
    description: str
    content: tuple[MediaType, ...]


@frozen
class Header:
    name: str
    required: bool
    description: str
    schema: Node | None


@frozen
class Response:
    """`status` is a code, a range such as `4XX`, or `default`."""

    status: str
    description: str
    headers: tuple[Header, ...]
    content: tuple[MediaType, ...]


@frozen
class SecurityScheme:
    """A security scheme. `kind` is bearer, basic, apiKey, oauth2 or other; `name` and `location` are of an apiKey."""

    key: str
    kind: Literal["bearer", "basic", "apiKey", "oauth2", "other"]
    name: str = ""
    location: str = ""
    token_url: str | None = None
    description: str = ""


@frozen
class Server:
    """`variables` maps a name to its default and its allowed values."""

    url: str
    description: str = ""
    variables: dict[str, tuple[str, tuple[str, ...]]] = field(factory=dict)


@frozen
class Operation:
    """`key` tells it from the others of its path; `method` is as it is sent."""

    key: str
    method: str
    path: str
    node: Node
    id: str | None
    tags: tuple[str, ...]
    summary: str
    description: str
    deprecated: bool
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: tuple[Response, ...]
    security: tuple[tuple[str, ...], ...]  # any of these, each of them whole; () for none
    servers: tuple[Server, ...]


@frozen
class Document:
    title: str
    version: str
    description: str
    openapi_version: Literal["2.0", "3.0", "3.1", "3.2"]
    root: Node
    servers: tuple[Server, ...]
    security_schemes: tuple[SecurityScheme, ...]
    operations: tuple[Operation, ...]
    schemas: tuple[Node, ...]  # the document's own components, by their pointers
    webhook_schemas: tuple[Node, ...]  # schemas of webhooks and callbacks
    tags: dict[str, str]  # descriptions
    is_filtered: bool = False  # only the schemas that its operations need are wanted
