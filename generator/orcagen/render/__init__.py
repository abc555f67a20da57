"""Stage 5: the plan to files. The templates hold the text; this module gives them their variables and filters.

A template writes each statement on one line, or with one item per line and a trailing comma. Long lines are folded after
rendering, by `fold`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import jinja2

from orcagen.diagnostics import InputError
from orcagen.openapi import SecurityRequirement
from orcagen.plan import Package
from orcagen.plan.media_types import is_range_of_type, strip_parameters
from orcagen.plan.model import (
    Argument,
    BodyEncoding,
    BodyPlan,
    Constant,
    DiscriminatorPlan,
    Field,
    FollowUpPlan,
    Function,
    ModelType,
    PaginationPlan,
    ServerPlan,
    Type,
    TypedDictField,
)
from orcagen.plan.symbols import join_types
from orcagen.plan.text import one_line
from orcagen.render.constraints import list_bodies, list_parameters, list_properties
from orcagen.render.docstrings import (
    docstring,
    document_alias,
    document_class,
    document_field,
    document_function,
    document_options,
    document_package,
    document_webhooks,
)
from orcagen.render.imports import (
    can_be_class,
    find_function,
    group_results,
    import_for_api,
    import_for_dicts,
    import_for_models,
    import_for_table,
    import_for_webhooks,
    index_symbols,
)
from orcagen.render.literals import Code, call, literal
from orcagen.render.support_code import read_module, required_modules
from orcagen.render.types import (
    IN_API,
    IN_CALLS,
    IN_DICT_ALIASES,
    IN_DICTS,
    IN_MODEL_ALIASES,
    IN_MODELS,
    Notation,
    add_none,
    add_unset,
)
from orcagen.schema import ANY, CustomType, LiteralType
from orcagen.schema.model import NONE


def render(package: Package, templates: Path | None = None) -> dict[str, str]:
    """The text of each file, by its path inside the package. `templates` is a folder of the user's.

    Raises InputError for a template that cannot be used.
    """
    with translate_errors(templates):
        files = _render_modules(package, make_environment(templates))
    support_code = required_modules(files.values())
    return files | {f"_runtime/{name}.py": read_module(name) for name in support_code}


@contextmanager
def translate_errors(templates: Path | None) -> Iterator[None]:
    """Raises those of templates as InputError."""
    try:
        yield
    except jinja2.TemplateError as error:
        template = f"{getattr(error, 'filename', None) or templates}"
        raise InputError(
            f"the template cannot be used: {error}", template, getattr(error, "lineno", None)
        ) from error


def _render_modules(package: Package, env: jinja2.Environment) -> dict[str, str]:
    symbols = index_symbols(package)

    def text(template: str, **variables: Any) -> str:
        return env.get_template(f"{template}.jinja").render(p=package, **variables)

    files = {
        "py.typed": "",
        "__init__.py": text("package.py"),
        "client.py": text("client.py"),
        "errors.py": text("errors.py"),
        "api/__init__.py": text("api.py"),
        "models/__init__.py": text("models.py", symbols=symbols),
        "models/__init__.pyi": text("models.pyi", symbols=symbols),
    }
    for m in package.models:
        imports = import_for_models(m, symbols)
        files[f"models/{m.name}.py"] = text(
            "model_module.py", m=m, imports=imports, symbols=symbols
        )
    for a in package.apis:
        files[f"api/{a.name}.py"] = text("api_module.py", a=a, imports=import_for_api(a, package))
    if package.custom_types.readers:
        files["custom_types.py"] = text("custom_types.py")
    if package.webhooks:
        imports = import_for_webhooks(package)
        files["webhooks.py"] = text("webhooks.py", imports=imports)
    if package.validate_requests:
        files["_constraints.py"] = text("constraints.py")
    if package.typed_dicts:
        imports = import_for_dicts(package.typed_dicts)
        files["dicts.py"] = text("dicts.py", imports=imports)
    if package.tables:
        files["tables/__init__.py"] = text("tables.py")
    classes = {ModelType(x.symbol) for m in package.models for x in m.classes}
    for t in package.tables:
        is_class = t.type in classes
        imports = import_for_table(t, is_class)
        files[f"tables/{t.name}.py"] = text(
            "table_module.py", t=t, is_class=is_class, imports=imports
        )
    return files


@cache
def make_environment(templates: Path | None) -> jinja2.Environment:
    """The templates, a user's own before the built-in ones, and the filters that write Python."""
    built_in = jinja2.PackageLoader("orcagen", "render/templates")
    custom = [jinja2.FileSystemLoader(templates)] if templates else []
    env = jinja2.Environment(
        loader=jinja2.ChoiceLoader([*custom, built_in, jinja2.PrefixLoader({"orcagen": built_in})]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    env.tests["overloaded"] = lambda f: bool(group_results(f))
    env.filters |= {
        "docstring": docstring,
        "literal": literal,
        "one_line": one_line,
        "tuple": tuple,
        # packages and clients
        "document_package": document_package,
        "document_options": document_options,
        "security": _format_security,
        "server": _format_server,
        "option_type": lambda option: IN_API.format(add_none(option.type)),
        # functions
        "parameters": _format_parameters,
        "return_type": _format_return_type,
        "overloads": _overload,
        "method_overloads": _overload_method,
        "forwarded": _forward_arguments,
        "without_accept": lambda f: attrs.evolve(f, results={}, accept=None),
        "stream_overloads": _overload_stream_method,
        "document_function": document_function,
        "located": _arguments_in,
        "argument": _format_argument,
        "encoded": _encode_body,
        "responses": _format_responses,
        "pagination": _format_pagination,
        "long_running": _format_long_running,
        "values": lambda values: literal({e: Code(name) for e, name in values.items()}),
        "link_type": lambda link, p: _format_return_type(find_function(p, link)),
        "header_type": lambda h: IN_API.format(add_none(h.type)),
        "api_type": IN_API.format,
        "call_type": IN_CALLS.format,
        # models
        "document_class": document_class,
        "document_field": document_field,
        "document_alias": document_alias,
        "field_type": lambda f: IN_MODELS.format(f.type if f.required else add_unset(f.type)),
        "field_default": _format_default,
        "model_type": IN_MODELS.format,
        "alias_type": _format_alias,
        # requests
        "constrained_parameters": list_parameters,
        "typed_bodies": list_bodies,
        "constrained_properties": list_properties,
        # webhooks
        "document_webhooks": document_webhooks,
        "event_type": lambda webhooks: IN_DICT_ALIASES.format(
            join_types([w.type for w in webhooks])
        ),
        "signature": lambda s: call("Signature", **attrs.asdict(s, filter=_is_chosen)),
        # typed dicts
        "is_class": can_be_class,
        "dict_type": IN_DICTS.format,
        "dict_alias": IN_DICT_ALIASES.format,
        "key_type": lambda f: _format_key(f, IN_DICTS),
        "quoted_key_type": lambda f: _format_key(f, IN_DICT_ALIASES),
    }
    return env


def _format_server(server: ServerPlan) -> Code:
    if not server.variables:
        return call("Server", server.url)
    return call("ServerTemplate", server.url, server.variables)


def _format_security(
    security: tuple[tuple[SecurityRequirement, ...], ...], package: Package
) -> str:
    """The names of schemes; those of which the client fetches tokens with their scopes."""
    fetching = {s.key for s in package.security_schemes if s.credentials_option}
    return literal(
        tuple(
            tuple(
                (r.scheme, *r.scopes) if r.scopes and r.scheme in fetching else r.scheme
                for r in requirements
            )
            for requirements in security
        )
    )


# Functions


def _format_parameters(f: Function, accept: str | None = None) -> str:
    """What is between the parentheses of `def`: required arguments are positional, all others keyword-only.

    `accept` is the keyword argument of that name in an overload.
    """
    required = [f"{a.name}: {IN_API.format(a.type)}" for a in _required(f)]
    keywords = []
    if f.body is not None:
        body_type = f.body.type if f.body.required else add_none(f.body.type)
        default = "" if f.body.required else " = None"
        if f.body.nullable and not f.body.required:  # None is null
            body_type, default = add_unset(f.body.type), " = UNSET"
        keywords.append(f"body: {IN_API.format(body_type)}{default}")
        if f.body.media_types:
            open_type = "str" if f.body.any_media_type else None
            media_type = IN_API.format(LiteralType(f.body.media_types, open_type))
            keywords.append(f"media_type: {media_type} = {literal(f.body.media_types[0])}")
    for a in f.arguments:
        if not a.required:
            keywords.append(f"{a.name}: {IN_API.format(add_none(a.type))} = None")
    if f.results:
        keywords.append(accept or _format_accept(f, list(f.results), is_default=True))
    return ", ".join([*required, *(["*", *keywords] if keywords else [])])


def _required(f: Function) -> list[Argument]:
    return [a for a in f.arguments if a.required]


def _forward_arguments(f: Function) -> str:
    """The arguments of a function with the parameters of `_format_parameters`."""
    keywords = ["body"] if f.body else []
    keywords += ["media_type"] if f.body and f.body.media_types else []
    keywords += [a.name for a in f.arguments if not a.required]
    keywords += ["accept"] if f.results else []
    return ", ".join([*(a.name for a in _required(f)), *(f"{name}={name}" for name in keywords)])


def _format_accept(f: Function, media_types: list[str], *, is_default: bool) -> str:
    # One within a documented range can be asked for, too. For that, overloads have one of their own.
    is_open = len(media_types) == len(f.results) and any(map(is_range_of_type, media_types))
    type_ = IN_API.format(LiteralType(tuple(media_types), "str" if is_open else None))
    if f.accept is None and is_default:
        type_ += " | None"
    return f"accept: {type_}" + (f" = {literal(f.accept)}" if is_default else "")


def _overload(f: Function) -> list[tuple[str, str]]:
    """Parameters and return type of each overload."""
    return [(parameters, _format_return_type(f, result)) for parameters, result in _variants(f)]


def _overload_method(f: Function) -> list[tuple[str, str]]:
    """The same of the client's method, for `Client` and for `AsyncClient`."""
    overloads = []
    for methods, form in (("SyncMethods", "{}"), ("AsyncMethods", "Coroutine[Any, Any, {}]")):
        for parameters, result in _variants(f):
            return_type = form.format(IN_API.format(result))
            overloads.append((f"self: {methods}, {parameters}", return_type))
    return overloads


def _overload_stream_method(f: Function) -> list[tuple[str, str]]:
    """The same of the method that streams."""
    item, parameters = IN_API.format(f.stream.item_type), _format_parameters(f)  # type: ignore[union-attr]
    return [
        (", ".join(filter(None, (f"self: {methods}", parameters))), f"{manager}[{item}]")
        for methods, manager in (
            ("SyncMethods", "StreamManager"),
            ("AsyncMethods", "AsyncStreamManager"),
        )
    ]


def _variants(f: Function) -> list[tuple[str, Type]]:
    """Parameters and result for each result that `accept` can choose, the default last."""
    variants = []
    for result, media_types in group_results(f).items():
        is_default = f.accept in media_types
        accept = _format_accept(f, media_types, is_default=is_default)
        variants.append((_format_parameters(f, accept), result))
    if variants and any(map(is_range_of_type, f.results)):
        variants.append((_format_parameters(f, "accept: str"), ANY))
    if variants and f.accept is None:
        variants.append((_format_parameters(f, "accept: None = None"), f.result))
    return variants


def _format_return_type(f: Function, result: Type | None = None) -> str:
    """The call that is returned. Of a function with overloads, that of any of them: `Call` is invariant."""
    if result is None and (variants := _variants(f)):
        return " | ".join(dict.fromkeys(_format_return_type(f, r) for _, r in variants))
    text = IN_API.format(result or f.result)
    if f.pagination:
        return f"PagedCall[{text}, {IN_API.format(f.pagination.item_type)}]"
    if f.long_running:
        return f"TaskCall[{text}, {IN_API.format(f.long_running.result_type)}]"
    if f.stream is None:
        return f"Call[{text}]"
    return f"StreamCall[{text}, {IN_API.format(f.stream.item_type)}]"


def _arguments_in(f: Function, location: str) -> dict[str, Code]:
    """The arguments that go to a location, by the names of the document."""
    return {a.api_name: _format_argument(a) for a in f.arguments if a.location == location}


def _format_argument(a: Argument) -> Code:
    """The value of an argument, with its encoding and style."""
    value = Code(a.name)
    if a.encoding == "json":
        value = call("json_text", value, ascii_only=a.location == "header")
    elif a.encoding == "form":
        value = call("form_body", value)
    if a.style is None:
        return value
    return call(
        "Styled",
        value,
        a.style.style,
        explode=a.style.explode,
        allow_reserved=a.style.allow_reserved,
    )


def _encode_body(body: BodyPlan) -> dict[str, Code]:
    """The expressions that write the argument `body`, by media type; one for all media types where they differ in
    nothing else."""
    kinds = {e.kind for e in body.encodings}
    if body.media_types and len(kinds) == 1 and kinds <= {"json", "raw"}:
        function = f"{kinds.pop()}_body"
        return {"": call(function, Code("body"), Code("media_type"), nullable=body.nullable)}
    return {e.media_type: _encode(e, body.nullable) for e in body.encodings}


def _encode(encoding: BodyEncoding, nullable: bool) -> Code:
    body, function = Code("body"), f"{encoding.kind}_body"
    if encoding.kind == "json" and encoding.media_type == "application/json":
        return call(function, body, nullable=nullable)
    if encoding.kind in ("json", "raw", "lines"):
        is_range = "*" in encoding.media_type
        nullable = nullable and encoding.kind == "json"
        media_type = Code("media_type") if is_range else encoding.media_type
        return call(function, body, media_type, nullable=nullable)
    if encoding.kind == "xml" and encoding.type is not None:
        type_ = Code(IN_CALLS.format(encoding.type))
        is_default = encoding.media_type == "application/xml"
        media_types = () if is_default else (encoding.media_type,)
        return call(function, body, type_, encoding.xml, *media_types)
    styles = {
        name: call("Styled", None, style.style, style.explode, allow_reserved=style.allow_reserved)
        for name, style in encoding.styles.items()
    }
    if encoding.kind == "form":
        return call(function, body, styles=styles, types=encoding.content_types)
    media_type = strip_parameters(encoding.media_type)
    return call(
        function,
        body,
        files=encoding.files,
        types=encoding.content_types,
        styles=styles,
        media_type=media_type if media_type != "multipart/form-data" else None,
        encoded=encoding.encoded,
        positions=encoding.positions,
        items=encoding.item_type,
        writers={
            name: call("xml_part", Code(IN_CALLS.format(type_)), xml)
            for name, (type_, xml) in encoding.xml_parts.items()
        },
        headers=encoding.headers,
    )


def _format_responses(f: Function) -> str:
    """The argument `responses` of a call: a type for JSON alone, else a type for each media type."""
    out: dict[int | str, Any] = {}
    for response in f.responses:
        status = int(response.status) if response.status.isdecimal() else response.status
        content = {m: Code(IN_CALLS.format(t)) for m, t in response.content.items()}
        is_plain = list(response.content) == ["application/json"]
        # None means no body, so a body that is always null is written with its media type.
        if is_plain and response.content["application/json"] != NONE:
            out[status] = content["application/json"]
        else:
            out[status] = content or None
    return literal(out)


def _format_pagination(p: PaginationPlan) -> Code:
    arguments = attrs.asdict(p, filter=lambda a, value: a.name != "item_type" and value != "query")
    return call("Pagination", **arguments)


def _format_long_running(f: Function, package: Package) -> Code:
    p = f.long_running
    assert p is not None

    def format_target(target: FollowUpPlan | None) -> Code | None:
        if target is None:
            return None
        type_ = Code(IN_CALLS.format(target.type or ANY))
        return call(
            "Target",
            operation=target.operation,
            arguments=target.arguments,
            url=target.url,
            type=None if type_ == "Any" else type_,
            security=Code(_format_security(target.security, package))
            if any(target.security)
            else None,
            status=target.status,
        )

    arguments = attrs.asdict(p, recurse=False, filter=lambda a, _: a.name not in _NOT_DECLARED)
    targets: dict[str, Any] = {"poll": tuple(map(format_target, p.poll))}
    targets |= {
        n: t
        for n, t in (("fetch", format_target(p.fetch)), ("cancel", format_target(p.cancel)))
        if t
    }
    server = f.server and Code(
        _format_server(f.server) if f.server.variables else literal(f.server.url)
    )
    result_type = Code(IN_CALLS.format(p.result_type)) if p.result else None
    if p.status == ("$statusCode",):
        del arguments["status"]
    return call(
        "LongRunning", **{**arguments, **targets, "result_type": result_type, "server": server}
    )


_NOT_DECLARED = ("result_type", "values", "fetch", "cancel")


# Models


def _format_default(f: Field) -> str:
    """What follows the type of a field: ` = ` and a default or options, or nothing."""
    default = factory = ""
    match f.default:
        case Constant(dict() | list() as value):
            factory = f"lambda: {literal(value)}"
        case Constant(value):
            default = literal(value)
        case None:
            pass
        case name:
            default = name
    metadata: dict[str, Any] = {}
    if f.json_name != f.name:
        metadata["json_name"] = f.json_name
    if f.pattern is not None:
        metadata["pattern"] = f.pattern
    if f.xml:
        metadata["xml"] = f.xml
    if isinstance(f.default, Constant) and not f.default.is_literal:
        metadata["constant"] = f.default.value
    if f.required and f.documentation.write_only:
        metadata["write_only"] = True
    if metadata or f.alias:
        default = call(
            "field",
            default=Code(default),
            factory=Code(factory),
            metadata=metadata,
            alias=f.alias,
        )
    return f" = {default}" if default else ""


def _is_chosen(attribute: attrs.Attribute[Any], value: Any) -> bool:
    return bool(value != attribute.default)


def _format_alias(type_: Type, discriminator: DiscriminatorPlan | None = None) -> str:
    """The type of an alias, with its discriminator."""
    if isinstance(type_, CustomType):
        return IN_MODELS.format(type_)  # the name of the class is the class
    text = IN_MODEL_ALIASES.format(type_)
    if discriminator is None:
        return text
    name, mapping, default = attrs.astuple(discriminator, recurse=False)
    arguments = [name, mapping, default] if default else [name, mapping] if mapping else [name]
    return f"Annotated[{text}, {call('Discriminator', *arguments)}]"


# Typed dicts


def _format_key(f: TypedDictField, notation: Notation) -> str:
    text = notation.format(f.type)
    return text if f.required else f"NotRequired[{text}]"
