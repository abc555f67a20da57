"""The plan: everything that the templates write, as values. All names and all decisions are in it, and no Python text.

Types are those of the schema stage (`Scalar`, `ListType`, ...), with every reference to a schema resolved: where a type
graph has a `TypeRef`, a plan has a `ModelType` or a `TypedDictType`.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from orcagen import schema
from orcagen.openapi import WebhookSignature
from orcagen.openapi.model import Contact, License, Location, SecurityRequirement
from orcagen.openapi.vendor_extensions import ValueName
from orcagen.schema.model import ANY, STR, Constraint


@frozen
class ModelType:
    """A class or an alias of `models/`."""

    symbol: str


@frozen
class TypedDictType:
    """A class or an alias of `dicts.py`."""

    symbol: str


@frozen
class GenericType:
    """A generic of the standard library: `Mapping[str, Any]`, `IO[bytes]`, `Iterable[bytes]`, `Callable[[], str]`.

    The arguments of a `Callable` are the types of its parameters, and last that of its result.
    """

    name: str
    args: tuple[Type, ...]


Type: TypeAlias = schema.Type | ModelType | TypedDictType | GenericType

JSON_OBJECT = GenericType("Mapping", (STR, ANY))
BINARY = schema.Scalar("Binary")  # of a response: bytes, although the media type is one of JSON


@frozen
class Documentation:
    """What the document says about a field or an argument.

    `constraints` are the keywords of JSON Schema that limit its values; `default` is documented, never sent (None for
    none); `value_names` are the names that extensions such as `x-enum-varnames` give to the values of an enum.
    """

    text: str = ""
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False
    constraints: tuple[Constraint, ...] = ()
    default: Any = None
    value_names: tuple[ValueName, ...] = ()


@frozen
class Constant:
    """A default that is the one value which the document allows, or by which it selects the class."""

    value: Any

    @property
    def is_literal(self) -> bool:
        """Whether a type can say it: `Literal` has neither fractions nor objects and arrays."""
        return isinstance(self.value, (str, int))


@frozen
class Field:
    """One attribute of a model.

    `type` is that of a value that is present. `default` is None where callers must give a value, `UNSET` for an optional
    property and `READ_ONLY` for a required one that the server sets. `alias` is the name of the constructor's argument
    where attrs would choose another; `pattern` tells the class from the other members of a union. `xml` is how the property
    is written as XML, {} for an element with its name; see the support module `xml`.
    """

    name: str
    json_name: str
    type: Type
    required: bool
    default: Literal["UNSET", "READ_ONLY"] | Constant | None
    documentation: Documentation
    alias: str | None = None
    pattern: str | None = None
    xml: dict[str, Any] = field(factory=dict, hash=False)


@frozen
class DiscriminatorPlan:
    """The property that names the member of a union, and the symbol for each of its values; `default` is the one for all
    others, None where there is none."""

    property_name: str
    mapping: dict[str, str] = field(factory=dict)
    default: str | None = None


@frozen
class ModelClass:
    """A class. `fields` are all of its fields, `inherited` the names of those that `base` declares.

    `additional_properties` is the type of unknown properties, None for any; `is_closed` says that the
    document allows none. A class with `variants` is the base of the
    members of that union: a value that matches none of them is read as the base.
    """

    symbol: str
    pointer: str
    description: str
    fields: tuple[Field, ...]
    additional_properties: Type | None = None
    is_closed: bool = False
    base: str | None = None
    inherited: tuple[str, ...] = ()
    variants: Type | None = None
    discriminator: DiscriminatorPlan | None = None
    example: dict[str, Any] | None = field(default=None, hash=False)

    @property
    def own_fields(self) -> tuple[Field, ...]:
        """The fields that the class itself declares."""
        if not self.inherited:
            return self.fields
        return tuple(f for f in self.fields if f.name not in self.inherited)


@frozen
class NamedConstant:
    """A value of an enum under its name."""

    name: str
    value: str | int
    description: str


@frozen
class ConstantsPlan:
    """A class whose attributes are the values of an enum."""

    symbol: str
    constants: tuple[NamedConstant, ...]


@frozen
class TypeAliasPlan:
    """A type alias. `alias_of` is the symbol of which it is only another name; `type` refers to that symbol then.
    `documentation` is what the document says beside the description. With `is_inline`, the type is written in place of the
    alias where the schema is used. `constants` are those beside it, None where values have no names."""

    symbol: str
    pointer: str
    description: str
    type: Type
    alias_of: str | None = None
    discriminator: DiscriminatorPlan | None = None
    documentation: Documentation = Documentation()
    is_inline: bool = False
    constants: ConstantsPlan | None = None


@frozen
class ModelModule:
    name: str
    classes: tuple[ModelClass, ...]
    aliases: tuple[TypeAliasPlan, ...]


@frozen
class TypedDictField:
    """One key of a typed dict."""

    json_name: str
    type: Type
    required: bool


@frozen
class TypedDictPlan:
    """A typed dict that stands for a model in request bodies: `fields` for a class, else the `type` of an alias."""

    symbol: str
    model: str  # the symbol in `models/`
    fields: tuple[TypedDictField, ...] = ()
    type: Type | None = None


@frozen
class StylePlan:
    """How a list or an object is serialized (OpenAPI: Style Values)."""

    style: str
    explode: bool = False
    allow_reserved: bool = False


@frozen
class Argument:
    """A parameter of an operation as an argument of its function.

    `type` is that of a given value: an optional argument may be None as well. `style` is None for the default style of
    the location. `encoding` says what the value becomes before: JSON text, a form, or nothing else ("plain").
    """

    name: str
    api_name: str
    location: Location
    type: Type
    required: bool
    style: StylePlan | None
    encoding: Literal["plain", "json", "form"]
    documentation: Documentation


@frozen
class BodyEncoding:
    """How a body is written as one media type (OpenAPI: Encoding Object).

    `files` are the properties of a multipart body that are files in any case, `encoded` those whose bytes are base64 text.
    `content_types` and `styles` are by property; `positions` and `item_type` are the media types of parts without names.
    `type` is that of an XML document, `xml` its root element; `xml_parts` has both of properties that are such documents.
    `headers` are those that the parts of a property have in any case.
    """

    media_type: str
    kind: Literal["json", "form", "multipart", "xml", "raw", "lines"]
    files: tuple[str, ...] = ()
    encoded: tuple[str, ...] = ()
    content_types: dict[str, str] = field(factory=dict)
    styles: dict[str, StylePlan] = field(factory=dict)
    positions: tuple[str, ...] = ()
    item_type: str = ""
    type: Type | None = None
    xml: dict[str, Any] = field(factory=dict)
    xml_parts: dict[str, tuple[Type, dict[str, Any]]] = field(factory=dict)
    headers: dict[str, dict[str, str]] = field(factory=dict)


@frozen
class BodyPlan:
    """The request body. `type` is that of a given value: where the body is optional, None means no body, and UNSET where
    it is `nullable`, which a JSON body can be.

    `media_types` are those that the keyword argument `media_type` chooses from; () where there is no choice. With
    `any_media_type`, one of them is a range, and the argument can be any media type.
    """

    type: Type
    required: bool
    description: str
    encodings: tuple[BodyEncoding, ...]
    media_types: tuple[str, ...] = ()
    nullable: bool = False
    any_media_type: bool = False
    example: Any = field(default=None, hash=False)


@frozen
class ResponsePlan:
    """`status` is a code, a range such as `4XX`, or `default`; `content` has a type for each media type, {} for no body.

    `is_success`: a call returns its body instead of raising it.
    """

    status: str
    description: str
    content: dict[str, Type]
    is_success: bool


@frozen
class HeaderPlan:
    """A header of responses as an attribute. `type` is that of a header that came."""

    name: str
    api_name: str
    type: Type
    is_json: bool
    description: str


@frozen
class LinkPlan:
    """A link of responses as a method: the function of `api/` that it leads to, and the values of its arguments."""

    name: str
    description: str
    module: str
    function: str
    values: dict[str, Any] = field(hash=False)


@frozen
class StreamPlan:
    """A response that can be read item by item.

    `whole_event`: an item is the whole server-sent event, not only its data. `json_data`: the data of whole events is
    decoded as JSON where the type says so. `needs_data`: the items have data; without, events without data are items, too.
    """

    item_type: Type
    stream_format: Literal["sse", "jsonl", "json-seq"]
    whole_event: bool
    json_data: bool = False
    needs_data: bool = True


@frozen
class PaginationPlan:
    """A list in pages, whose items have a type; see `openapi.model.Pagination`."""

    item_type: Type
    kind: str
    items: str
    cursor: str
    header: str
    parameter: str
    location: str
    more: str
    total: str
    start: int


@frozen(kw_only=True)
class FollowUpPlan:
    """A request that follows the start of a task: the function `operation`, "module.name", with `arguments`; or a GET of
    `url`, whose body is a `type`. See the support code's `long_running.Target`."""

    operation: str = ""
    arguments: dict[str, Any] = field(factory=dict, hash=False)
    url: str = ""
    type: Type | None = None
    security: tuple[tuple[SecurityRequirement, ...], ...] = ()
    status: tuple[str, ...] = ()


@frozen(kw_only=True)
class LongRunningPlan:
    """A task that an operation starts; see the support code's `long_running.LongRunning`. `result_type` is that of the
    result, `values` has the names of the function's arguments by the expressions that later requests need."""

    operation: str
    result_type: Type
    poll: tuple[FollowUpPlan, ...]
    id: tuple[str, ...]
    status: tuple[str, ...]
    pending: tuple[str, ...]
    succeeded: tuple[str, ...]
    failed: tuple[str, ...]
    cancelled: tuple[str, ...]
    progress: tuple[str, ...]
    error: tuple[str, ...]
    retry_after: tuple[str, ...]
    result: tuple[str, ...]
    fetch: FollowUpPlan | None
    cancel: FollowUpPlan | None
    billable: bool
    first_delay: float | None
    interval: float | None
    duration: float | None
    values: dict[str, str] = field(factory=dict, hash=False)


@frozen
class Function:
    """An operation. `path_template` is the path as the document writes it, `path` the one to fill in.

    `result` is the type of the success body, `results` that for each media type that the keyword argument `accept` chooses
    from; empty where there is no choice. `accept` is its default, None for all of them. `stream_method` is the client's method
    that streams. `idempotency_key` is the header for one, "" if there is none. `headers` and `links` are those of all
    responses, with classes `headers_class` and `links_class`.
    """

    name: str
    method: str
    path: str
    path_template: str
    pointer: str
    summary: str
    description: str
    deprecated: bool
    arguments: tuple[Argument, ...]
    body: BodyPlan | None
    responses: tuple[ResponsePlan, ...]
    result: Type
    results: dict[str, Type]
    accept: str | None
    stream: StreamPlan | None
    stream_method: str | None
    security: tuple[tuple[SecurityRequirement, ...], ...]
    server: ServerPlan | None
    idempotency_key: str = ""
    pagination: PaginationPlan | None = None
    long_running: LongRunningPlan | None = None
    headers: tuple[HeaderPlan, ...] = ()
    headers_class: str = ""
    links: tuple[LinkPlan, ...] = ()
    links_class: str = ""

    @property
    def is_stream(self) -> bool:
        """Whether the client's method of the function's name streams, because nothing but a stream can come."""
        return self.stream_method == self.name


@frozen
class ApiModule:
    """The functions of one tag. `attribute` is the tag's name on a client, `methods` the class of what it gives there."""

    name: str
    attribute: str
    methods: str
    tag: str
    description: str
    functions: tuple[Function, ...]


@frozen
class ClientOption:
    """A keyword argument of the client that takes a credential. None stands for no credential."""

    name: str
    type: Type
    description: str


@frozen
class SecuritySchemePlan:
    """`location` is bearer, basic, oauth2, header, query or cookie; `name` that of the header, query parameter or
    cookie, or the token URL; `option` the keyword argument of the client, and `credentials_option` the one for client id
    and secret, if there is a token URL."""

    key: str
    option: str
    location: str
    name: str
    credentials_option: str = ""


@frozen
class ServerPlan:
    """`variables` maps a name in the URL to its default and its allowed values."""

    url: str
    variables: dict[str, tuple[str, tuple[str, ...]]]
    description: str


@frozen
class Table:
    """A data file as a module; `type` is that of its content."""

    name: str
    type: Type
    description: str
    data: Any
    source: str


@frozen
class ImportedName:
    """A name of a module of the user's, and the one that it has here."""

    module: str
    name: str
    symbol: str


@frozen
class CustomReaderPlan:
    """How a class of the user's is read and written: symbols, or attributes of one (`Money.parse`)."""

    type: str
    decode: str
    encode: str


@frozen
class CustomTypes:
    """The module `custom_types`. `types` has the classes by what they are chosen for: a pointer, a component's name or
    `format:NAME`."""

    imports: tuple[ImportedName, ...] = ()
    readers: tuple[CustomReaderPlan, ...] = ()
    types: dict[str, schema.CustomType] = field(factory=dict)


@frozen
class WebhookPlan:
    """An event that the service sends, by the name of its webhook or callback; `type` is that of the body."""

    name: str
    type: Type
    description: str


@frozen
class Package:
    """`schemas` maps the JSON pointer of each component schema to the dotted name of what stands for it. `has_formats`,
    `has_unions`, `has_decimal_numbers` and `has_xml` say what support code the types need."""

    name: str
    title: str
    version: str
    description: str
    source: str
    models: tuple[ModelModule, ...]
    apis: tuple[ApiModule, ...]
    options: tuple[ClientOption, ...]
    security_schemes: tuple[SecuritySchemePlan, ...]
    servers: tuple[ServerPlan, ...]
    operation_servers: tuple[ServerPlan, ...]
    tables: tuple[Table, ...]
    typed_dicts: tuple[TypedDictPlan, ...]
    openapi_version: str
    schemas: dict[str, str]
    webhooks: tuple[WebhookPlan, ...] = ()
    webhook_signature: WebhookSignature | None = None
    has_formats: bool = False
    has_unions: bool = False
    has_decimal_numbers: bool = False
    naive_datetimes: bool = False
    downloads: bool = False
    validate_requests: bool = False
    opentelemetry: bool = False
    has_files: bool = False
    custom_types: CustomTypes = CustomTypes()
    has_xml: bool = False
    contact: Contact = field(factory=Contact)
    license: License = field(factory=License)

    @property
    def has_tasks(self) -> bool:
        """Whether an operation starts tasks."""
        return any(f.long_running for a in self.apis for f in a.functions)
