"""The normal form of a document: one shape for OpenAPI 2.0, 3.0, 3.1 and 3.2. Schemas stay as the document has them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from attrs import evolve, field, frozen

from orcagen.pointers import escaped
from orcagen.source.loader import relative_path

Location = Literal["path", "query", "querystring", "header", "cookie"]


class Key(NamedTuple):
    """Identifies a schema, or one of several types that are made from it.

    `file` is an absolute path, a URL or "-"; `pointer` a JSON pointer in it. `role` is "" for the schema itself.
    A named tuple, not an attrs class: keys are hashed millions of times, and tuples do that in C.
    """

    file: str
    pointer: str
    role: str = ""


@frozen
class Node:
    """A value of the document and its position: the file (path, URL or "-") and the JSON pointer in it.

    `given_name` is the name of a component that is defined elsewhere, and of a whole file. `scope` are the dynamic anchors
    of the schemas on the way here that `$dynamicRef`s inside mean instead of their own (JSON Schema Core 7.1, 8.2.3.2).
    """

    file: str
    pointer: str
    value: Any = field(eq=False, hash=False, repr=False)
    given_name: str = field(default="", eq=False, hash=False, repr=False)
    scope: tuple[tuple[str, Key], ...] = ()

    def child(self, *path: str | int) -> Node:
        """The node under keys and indexes. Raises LookupError if it does not exist."""
        value, pointer = self.value, self.pointer
        for token in path:
            value = value[token]
            pointer += "/" + escaped(str(token))
        return Node(self.file, pointer, value, "", self.scope)

    def with_value(self, value: Any) -> Node:
        """Another value at the same position."""
        return evolve(self, value=value)

    @property
    def key(self) -> Key:
        if not self.scope:
            return Key(self.file, self.pointer)
        role = "&".join(f"{name}={key.file}#{key.pointer}" for name, key in self.scope)
        return Key(self.file, self.pointer, role)

    @property
    def name(self) -> str:
        """The given name, else the last token of the pointer."""
        if self.given_name:
            return self.given_name
        return self.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


@frozen
class Encoding:
    """How one property of a form or multipart body is serialized (Encoding Object). `headers` are those of its part that can have
    one value only."""

    content_type: str | None = None
    style: str | None = None
    explode: bool | None = None
    allow_reserved: bool = False
    headers: dict[str, str] = field(factory=dict)


@frozen
class MediaType:
    """One media type of a request body, a response, a parameter or a header (Media Type Object).

    `item_schema` is the schema of each item of a stream (OpenAPI 3.2, `itemSchema`). `prefix_encoding` and `item_encoding`
    are for the parts of a multipart body that have no names (3.2). `example` is a short one, None for none.
    """

    media_type: str
    schema: Node | None
    item_schema: Node | None = None
    encoding: dict[str, Encoding] = field(factory=dict)
    prefix_encoding: tuple[Encoding, ...] = ()
    item_encoding: Encoding | None = None
    example: Any = field(default=None, hash=False)


@frozen
class Parameter:
    """A parameter with `style` and `explode` made explicit, those of Swagger 2.0 translated (Parameter Object).

    `given_name` is the one that an extension gives its argument, "" where none does (see `vendor_extensions`)."""

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
    media_type: str | None = None  # of a parameter that has `content` instead of `schema`
    given_name: str = ""


@frozen
class Body:
    """A request body (Request Body Object; in Swagger 2.0, the parameters in `body` or `formData`)."""

    required: bool
    description: str
    content: tuple[MediaType, ...]


@frozen
class Header:
    """A header of a response (Header Object); `media_type` is that of one with `content` instead of `schema`."""

    name: str
    required: bool
    description: str
    schema: Node | None
    media_type: str = ""


@frozen
class Link:
    """A link to an operation (Link Object): `target` is its place, where the link does not name it by `operation_id`.

    `parameters` and `body` are constants and runtime expressions.
    """

    name: str
    node: Node
    operation_id: str
    target: Key | None
    parameters: dict[str, Any] = field(hash=False)
    has_body: bool
    body: Any = field(hash=False)
    description: str


@frozen
class Response:
    """A response (Response Object). `status` is a code, a range such as `4XX`, or `default`."""

    status: str
    description: str
    headers: tuple[Header, ...]
    content: tuple[MediaType, ...]
    links: tuple[Link, ...] = ()


@frozen
class SecurityScheme:
    """A security scheme (Security Scheme Object).

    `key` is its name among the components; `kind` is "other" where the client cannot send the credentials. `name` and
    `location` ("header", "query" or "cookie") belong to an apiKey, `token_url` to the client credentials flow.
    """

    key: str
    kind: Literal["bearer", "basic", "apiKey", "oauth2", "other"]
    name: str = ""
    location: str = ""
    token_url: str | None = None
    description: str = ""


@frozen
class SecurityRequirement:
    """One member of a Security Requirement Object: the key of a scheme, and the scopes that an operation needs."""

    scheme: str
    scopes: tuple[str, ...] = ()


@frozen
class Server:
    """A server (Server Object). A relative `url` is one of a document that came from a file. `variables` maps a name to its default and its allowed values (() for any)."""

    url: str
    description: str = ""
    variables: dict[str, tuple[str, tuple[str, ...]]] = field(factory=dict)


@frozen(kw_only=True)
class WebhookSignature:
    """`x-orcagen-webhook-signature` at the top level: how requests of webhooks are signed. The support code's
    `webhooks.Signature` says what each field means; in the document their names are in camelCase."""

    header: str
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    separator: str = ","
    prefix: str = ""
    content: str = "{body}"
    id_header: str = ""
    timestamp_header: str = ""
    timestamp_prefix: str = ""
    secret_encoding: Literal["text", "base64", "hex"] = "text"
    secret_prefix: str = ""


@frozen(kw_only=True)
class Pagination:
    """How the pages of an operation follow each other, as it declares it at `node`. See the support code's
    `pagination.Pagination`; `items`, `start` and `location` are None where they follow from the schemas.
    """

    node: Node
    kind: str
    items: str | None = None
    cursor: str = ""
    header: str = ""
    parameter: str = ""
    location: str | None = None
    more: str = ""
    total: str = ""
    start: int | None = None


@frozen(kw_only=True)
class FollowUp:
    """A request that follows the start of a task: an operation, by its id or by a reference, with `parameters` and perhaps a
    `body` as a Link Object has them; or a `url`. `status` is where its response has the status, () where all have it.
    """

    operation: str = ""
    is_reference: bool = False
    url: str = ""
    parameters: dict[str, Any] = field(factory=dict, hash=False)
    body: Any = field(default=None, hash=False)
    status: tuple[str, ...] = ()


@frozen(kw_only=True)
class LongRunning:
    """That an operation starts a task, and how that goes on, as it declares it at `node`. See the support code's
    `long_running.LongRunning`; places are runtime expressions. `result_schema` refers to the schema of the result, "" where
    it follows from the responses. `is_microsoft`: the result is what the operation itself responds with.
    """

    node: Node
    poll: tuple[FollowUp, ...]
    id: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    progress: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    retry_after: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    fetch: FollowUp | None = None
    cancel: FollowUp | None = None
    result_schema: str = ""
    billable: bool = False
    first_delay: float | None = None
    interval: float | None = None
    duration: float | None = None
    is_microsoft: bool = False


@frozen
class Operation:
    """An operation (Operation Object) with the parameters of its path item.

    `key` is the pointer from the path item ("get", "additionalOperations/COPY"), `method` the method as it is sent.
    `security` lists alternatives, each of them the requirements it combines; () if no credentials are sent. `given_name` is
    the one that an extension gives its function, "" where none does; `group` what one says instead of the first tag.
    `idempotency_key` is the name of the header for one, "" if none is declared.
    """

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
    security: tuple[tuple[SecurityRequirement, ...], ...]
    servers: tuple[Server, ...]
    idempotency_key: str = ""
    pagination: Pagination | None = None
    long_running: LongRunning | None = None
    given_name: str = ""
    group: str = ""

    @property
    def tag(self) -> str:
        """The tag whose module its function is in; "" for none."""
        return self.group or (self.tags[0] if self.tags else "")

    @property
    def pointer(self) -> str:
        """Its place in the document, which may include it from another file."""
        return f"/paths/{escaped(self.path)}/{self.key}"


@frozen
class Contact:
    """Who is responsible for the API (Contact Object); what the document does not say is ""."""

    name: str = ""
    url: str = ""
    email: str = ""


@frozen
class License:
    """The licence of the API (License Object); `identifier` is an SPDX expression (OpenAPI 3.1)."""

    name: str = ""
    identifier: str = ""
    url: str = ""


@frozen
class Document:
    """A whole document. `schemas` are its components, each where it is defined, under their names; `tags` maps names to
    descriptions. `places` are the pointers at which the document includes what is elsewhere, components of all kinds and
    operations: by the file and the pointer there.

    `webhooks` are the operations of webhooks and callbacks, whose `path` is the pointer of their path item;
    `webhook_schemas` are their request bodies, `table_schemas` the schemas of data files that
    become modules; `webhook_signature` is None for that of Standard Webhooks. If `is_filtered`, only the components that its operations refer to are generated.
    """

    title: str
    version: str
    description: str
    openapi_version: Literal["2.0", "3.0", "3.1", "3.2"]
    root: Node
    servers: tuple[Server, ...]
    security_schemes: tuple[SecurityScheme, ...]
    operations: tuple[Operation, ...]
    schemas: tuple[Node, ...]
    webhook_schemas: tuple[Node, ...]
    tags: dict[str, str]
    is_filtered: bool = False
    table_schemas: tuple[Node, ...] = ()
    webhooks: tuple[Operation, ...] = ()
    webhook_signature: WebhookSignature | None = None
    places: dict[str, dict[str, str]] = field(factory=dict)
    contact: Contact = Contact()
    license: License = License()

    @property
    def schemas_pointer(self) -> str:
        """The pointer of the component schemas."""
        return "/definitions" if self.openapi_version == "2.0" else "/components/schemas"

    def place(self, key: Key) -> str:
        """Where a value is, as text that is the same wherever the document's folder is: the pointer in the document, also
        for what it includes from other files; else the file, by its path from there, and the pointer in it."""
        places, pointer = self.places.get(key.file), key.pointer
        while places:
            if pointer in places:
                return places[pointer] + key.pointer[len(pointer) :]
            if not pointer:
                break
            pointer = pointer.rpartition("/")[0]
        if key.file == self.root.file:
            return key.pointer
        return f"{relative_path(key.file, self.root.file)}#{key.pointer}"
