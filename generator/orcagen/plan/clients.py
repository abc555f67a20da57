"""The client's servers and security schemes, and the keyword arguments that take its credentials."""

from __future__ import annotations

from collections import Counter

from orcagen.openapi import Document, SecurityScheme, Server
from orcagen.plan import names
from orcagen.plan.model import (
    ClientOption,
    GenericType,
    SecuritySchemePlan,
    ServerPlan,
    Type,
)
from orcagen.plan.symbols import join_types
from orcagen.plan.text import one_line
from orcagen.schema import TupleType
from orcagen.schema.model import STR

# What clients take beside the URL and the options of security schemes with other names.
OPTION_NAMES = frozenset(
    "timeout headers http_client server_variables max_response_size retries polling event_hooks on_upload on_download strict validate_requests"
    " allow_private http2 proxy verify client_cert token basic_auth client_credentials".split()
)
_RESERVED = names.BUILTINS | OPTION_NAMES | {"base_url", "self"}
# The option of a scheme that is the only one of its kind.
_OPTIONS = {"bearer": "token", "oauth2": "token", "basic": "basic_auth"}
_CREDENTIALS = "client_credentials"
_SECRET = join_types(
    [STR, GenericType("Callable", (join_types([STR, GenericType("Awaitable", (STR,))]),))]
)
_PAIR = TupleType((STR, STR), None)


def plan_security_schemes(schemes: tuple[SecurityScheme, ...]) -> tuple[SecuritySchemePlan, ...]:
    """The schemes that the client can fulfil, each with the keyword argument for its credential."""
    count = Counter(s.kind for s in schemes)
    fetching = [s.key for s in schemes if s.token_url]
    candidates = {}
    for s in schemes:
        option = names.escape_reserved(names.to_snake_case(s.key), _RESERVED)
        if s.kind not in _OPTIONS or count[s.kind] > 1:
            candidates[s.key] = (s.key, option)
        if s.token_url and len(fetching) > 1:
            candidates[f"{s.key} {_CREDENTIALS}"] = ("", f"{option.rstrip('_')}_{_CREDENTIALS}")
    options = names.resolve_collisions(candidates)
    return tuple(
        SecuritySchemePlan(
            key=s.key,
            option=options.get(s.key) or _OPTIONS[s.kind],
            location=s.location if s.kind == "apiKey" else s.kind,
            name=s.token_url or s.name,
            credentials_option=options.get(f"{s.key} {_CREDENTIALS}", _CREDENTIALS)
            if s.token_url
            else "",
        )
        for s in schemes
        if s.kind != "other"
    )


def plan_options(
    schemes: tuple[SecurityScheme, ...], plans: tuple[SecuritySchemePlan, ...]
) -> tuple[ClientOption, ...]:
    """The keyword arguments for credentials. A bearer scheme and an OAuth 2 scheme share one if they are the only ones of
    their kinds."""
    descriptions = {s.key: one_line(s.description) for s in schemes}
    out: dict[str, ClientOption] = {}
    for p in plans:
        type_: Type = _SECRET
        match p.location:
            case "basic":
                type_, text = _PAIR, "User name and password."
            case "bearer":
                text = "The bearer token, or a callable that returns it."
            case "oauth2":
                text = "The OAuth 2 access token, or a callable that returns it."
            case location:
                name = one_line(p.name)
                text = f"The API key for the {location} {name!r}, or a callable that returns it."
        description = f"{text} {descriptions[p.key]}".strip()
        out.setdefault(p.option, ClientOption(p.option, type_, description))
        if p.credentials_option:
            text = "OAuth 2 client id and secret; the client fetches and refreshes the token."
            option = ClientOption(p.credentials_option, _PAIR, text)
            out.setdefault(option.name, option)
    return tuple(out.values())


def plan_server(server: Server) -> ServerPlan:
    return ServerPlan(server.url, server.variables, one_line(server.description))


def plan_operation_servers(document: Document) -> tuple[ServerPlan, ...]:
    """The servers of operations that have variables, each once."""
    out: list[ServerPlan] = []
    for op in document.operations:
        for server in map(plan_server, op.servers[:1]):
            if server.variables and server not in out:
                out.append(server)
    return tuple(out)
