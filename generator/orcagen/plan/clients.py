"""The client's security schemes and the keyword arguments that take their credentials."""

from __future__ import annotations

from orcagen.openapi import SecurityScheme
from orcagen.plan import names
from orcagen.plan.model import ClientOption, GenericType, SecuritySchemePlan, Type
from orcagen.plan.symbols import join_types
from orcagen.plan.text import one_line
from orcagen.schema import TupleType
from orcagen.schema.model import STR

_RESERVED = names.BUILTINS | set(
    "base_url timeout headers http_client server_variables token basic_auth client_credentials self".split()
)
_SECRET = join_types([STR, GenericType("Callable", (STR,))])
_PAIR = TupleType((STR, STR), None)


def plan_security_schemes(schemes: tuple[SecurityScheme, ...]) -> tuple[SecuritySchemePlan, ...]:
    """The schemes that the client can fulfil, each with the keyword argument for its credential."""
    options = names.resolve_collisions(
        {
            s.key: (s.key, names.escape_reserved(names.to_snake_case(s.key), _RESERVED))
            for s in schemes
            if s.kind == "apiKey"
        }
    )
    out = []
    for s in schemes:
        if s.kind in ("bearer", "oauth2"):
            out.append(SecuritySchemePlan(s.key, "token", s.kind, s.token_url or ""))
        elif s.kind == "basic":
            out.append(SecuritySchemePlan(s.key, "basic_auth", "basic", ""))
        elif s.kind == "apiKey":
            out.append(SecuritySchemePlan(s.key, options[s.key], s.location, s.name))
    return tuple(out)


def plan_options(
    schemes: tuple[SecurityScheme, ...], plans: tuple[SecuritySchemePlan, ...]
) -> tuple[ClientOption, ...]:
    """The keyword arguments for credentials; schemes that take the same kind of credential share one."""
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
        if p.location == "oauth2" and p.name:
            text = "OAuth 2 client id and secret; the client fetches and refreshes the token."
            option = ClientOption("client_credentials", _PAIR, text)
            out.setdefault(option.name, option)
    return tuple(out.values())
