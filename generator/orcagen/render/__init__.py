"""Stage 5: a Package to files. The templates hold the text, the plan the decisions, `layout` the line breaks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from orcagen import datamodel
from orcagen.diagnostics import InputError
from orcagen.plan import Package
from orcagen.plan.model import (
    ApiModule,
    Field,
    Function,
    ModelModule,
    SchemePlan,
    ServerPlan,
    TypeName,
)
from orcagen.plan.text import literal, sentence
from orcagen.render import layout
from orcagen.render.support_code import read_module, required_modules

_ABC = ("AsyncIterable", "Callable", "Iterable", "Iterator", "Mapping", "Sequence")
_UPLOAD = "from .._runtime.upload import Upload"
_TYPING = ("Annotated", "Any", "IO", "Literal", "TypeAlias", "Union")


def render(package: Package, templates: Path | None = None) -> dict[str, str]:
    """The text of each file, by its path inside the package. `templates` is a folder of the user's.

    Raises InputError for a template that cannot be used.
    """
    try:
        env = _environment(templates)
        files = _render(package, env) | _modules(package, env)
    except jinja2.TemplateError as error:
        where = f"{getattr(error, 'filename', None) or templates}"
        raise InputError(
            f"the template cannot be used: {error}", where, getattr(error, "lineno", None)
        ) from error
    modules = required_modules(files.values())
    return files | {f"_runtime/{name}.py": read_module(name) for name in modules}


def render_modules(package: Package) -> dict[str, str]:
    """The modules of the models and of the functions alone."""
    return _modules(package, _environment(None))


def _modules(package: Package, env: jinja2.Environment) -> dict[str, str]:
    model, api = (env.get_template(f"{n}_module.py.jinja") for n in ("model", "api"))
    files = {
        f"models/{m.name}.py": model.render(m=m, p=package, **_model_imports(m))
        for m in package.models
    }
    return files | {
        f"api/{a.name}.py": api.render(a=a, p=package, **_api_imports(a)) for a in package.apis
    }


def _render(package: Package, env: jinja2.Environment) -> dict[str, str]:
    symbols = _symbols(package)
    files = {
        "py.typed": "",
        "__init__.py": env.get_template("package.py.jinja").render(p=package),
        "client.py": env.get_template("client.py.jinja").render(
            p=package,
            options_docs=_options_docs(package),
            oauth2=any(s.place == "oauth2" and s.name for s in package.schemes),
        ),
        "errors.py": env.get_template("errors.py.jinja").render(p=package),
        "api/__init__.py": env.get_template("api.py.jinja").render(p=package),
        "models/__init__.py": env.get_template("models.py.jinja").render(symbols=symbols),
        "models/__init__.pyi": env.get_template("models.pyi.jinja").render(symbols=symbols),
    }
    table = env.get_template("table_module.py.jinja")
    if package.dicts:
        head = layout.docstring(f"Bodies of {package.title} as typed dicts, for dict literals.")
        files["dicts.py"] = (
            f"{head}\n\n{datamodel.render(package.dicts, 'typed-dict', package.openapi_version, package.title)}"
        )
    if package.tables:
        files["tables/__init__.py"] = (
            layout.docstring("Data that the package carries, as typed values.") + "\n"
        )
    for t in package.tables:
        files[f"tables/{t.name}.py"] = table.render(t=t, p=package)
    return files


@cache
def _environment(templates: Path | None) -> jinja2.Environment:
    own = jinja2.PackageLoader("orcagen", "render/templates")
    theirs = [jinja2.FileSystemLoader(templates)] if templates else []
    env = jinja2.Environment(
        loader=jinja2.ChoiceLoader([*theirs, own, jinja2.PrefixLoader({"orcagen": own})]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    env.filters |= {
        "doc": layout.docstring,
        "literal": literal,
        "sentence": sentence,
        "value": layout.value,
        "signature": _signature,
        "docs": _function_docs,
        "model_docs": _model_docs,
        "listed": layout.listed,
        "alias": _alias,
        "codec": _codec,
        "keywords": _keywords,
        "class_line": layout.class_line,
        "reexport": lambda symbol, module: _from(f".{module}", [f"{symbol} as {symbol}"]),
        "field": _field,
        "servers": _servers,
        "schemes": _schemes,
    }
    return env


def _symbols(package: Package) -> dict[str, str]:
    """The module of each symbol."""
    pairs = [(x.symbol, m.name) for m in package.models for x in m.models]
    pairs += [(x.symbol, m.name) for m in package.models for x in m.aliases]
    return dict(sorted(pairs))


def _imports(abc: list[str], typing: list[str], words: set[str]) -> list[str]:
    lines = ["import datetime as dt"] if "dt" in words else []
    if abc:
        lines.append(layout.listed("from collections.abc import ", sorted(abc), ""))
    if "Decimal" in words:
        lines.append("from decimal import Decimal")
    if typing:
        lines.append("from typing import " + ", ".join(sorted(typing, key=_isort)))
    if "UUID" in words:
        lines.append("from uuid import UUID")
    return lines


def _from(module: str, names: list[str], indent: int = 0) -> str:
    line = f"from {module} import "
    flat = line + ", ".join(names)
    return (
        flat
        if indent + len(flat) <= layout.WIDTH
        else layout.listed(line + "(", names, ")", indent)
    )


def _model_imports(m: ModelModule) -> dict[str, Any]:
    words = set(m.uses.words)
    typing = [w for w in _TYPING if w in words]
    if any(a.tag for a in m.aliases):
        typing.append("Annotated")
    if any(not a.base for a in m.aliases):
        typing.append("TypeAlias")
    if m.uses.models:
        typing.append("TYPE_CHECKING")
    has_field = any(
        f.wire != f.name or f.alias or f.pattern for x in m.models for f in x.fields
    ) or any(x.additional is not None for x in m.models)
    runtime = {"ApiModel"} if m.models else set()
    defaults = {f.default for x in m.models for f in x.fields}
    if "UNSET" in defaults:
        runtime |= {"UNSET", "Unset"}
    if "READ_ONLY" in defaults:
        runtime.add("READ_ONLY")
    if any(a.same is None for a in m.aliases):
        runtime.add("Codec")
    if any(a.tag for a in m.aliases):
        runtime.add("Discriminator")
    local = [
        _from(f".{a.same_module}", [a.same] + ([] if a.same_is_model else [f"{a.same}Codec"]))
        for a in m.aliases
        if a.same and a.same_module != m.name
    ]
    attrs = f"from attrs import define{', field' if has_field else ''}" if m.models else ""
    return {
        "stdlib": _imports([], list(dict.fromkeys(typing)), words),
        "attrs": attrs,
        "runtime": [_from(".._runtime.model", sorted(runtime, key=_isort))] * bool(runtime)
        + [_UPLOAD] * ("Upload" in words),
        "local": sorted(set(local)),
        "checked": _from("..models", list(m.uses.models), 4) if m.uses.models else "",
    }


def _isort(name: str) -> tuple[int, str]:
    """Constants, classes, functions: the order of import sorters."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _api_imports(a: ApiModule) -> dict[str, Any]:
    words = set(a.uses.words)
    typing = [w for w in _TYPING if w in words]
    if a.uses.models or a.uses.dicts:
        typing.append("TYPE_CHECKING")
    abc = [w for w in _ABC if w in words]
    runtime = ["from .. import models"] * any("models." in _keywords(f) for f in a.functions)
    if a.calls:
        runtime.append(_from(".._runtime.call", sorted(a.calls, key=_isort)))
    if a.forms:
        runtime.append(_from(".._runtime.forms", list(a.forms)))
    if any(f.stream for f in a.functions):
        runtime.append("from .._runtime.streams import StreamCall")
    if a.styles:
        runtime.append("from .._runtime.styles import Styled")
    if "Upload" in words:
        runtime.append(_UPLOAD)
    return {
        "stdlib": _imports(abc, typing, words),
        "runtime": runtime,
        "checked": ([_from("..dicts", list(a.uses.dicts), 4)] if a.uses.dicts else [])
        + ([_from("..models", list(a.uses.models), 4)] if a.uses.models else []),
    }


def _signature(f: Function) -> str:
    """`def name(...) -> Call[...]:`"""
    result = f"StreamCall[{f.result}, {f.stream.item}]" if f.stream else f"Call[{f.result}]"
    positional = [(a.name, a.annotation, "") for a in f.arguments if a.required]
    keyword = [(a.name, a.annotation, "None") for a in f.arguments if not a.required]
    if f.body is not None:
        keyword.insert(0, ("body", f.body.annotation, "" if f.body.required else "None"))
        if types := f.body.media_types:
            known = ", ".join(literal(t) for t in types)
            keyword.insert(1, ("media_type", f"Literal[{known}]", literal(types[0])))
    arguments = positional + ([("*", "", ""), *keyword] if keyword else [])
    flat = ", ".join(
        n if n == "*" else f"{n}: {t}" + (f" = {v}" if v else "") for n, t, v in arguments
    )
    line = f"def {f.name}({flat}) -> {result}:"
    if len(line) <= layout.WIDTH:
        return line
    result = layout.returned(result, bool(arguments))
    if not arguments:
        return f"def {f.name}() -> {result}:"
    lines = ["*," if n == "*" else layout.annotated(n, t, v, 4, ",") for n, t, v in arguments]
    return f"def {f.name}(\n" + "".join(f"    {text}\n" for text in lines) + f") -> {result}:"


def _function_docs(f: Function) -> str:
    summary, description = f.summary, f.description
    if not summary and description:
        summary, _, description = description.partition("\n\n")
        summary = sentence(summary)
    if description.startswith(summary):
        description = description[len(summary) :].strip()
    parts = [summary or f"{f.method} {sentence(f.path_key)}", description]
    if f.deprecated:
        parts.append("Deprecated.")
    about = [(a.name, a.description) for a in f.arguments if a.description]
    if f.body and f.body.description:
        about.append(("body", f.body.description))
    if about:
        parts.append("Args:\n" + "\n".join(f"    {name}: {text}" for name, text in about))
    return layout.docstring("\n\n".join(p for p in parts if p), 4)


def _model_docs(m: Any) -> str:
    about = "\n".join(f"    {f.name}: {f.description}" for f in m.own if f.description)
    return layout.docstring(m.description + (f"\n\nAttributes:\n{about}" if about else ""), 4)


def _keywords(f: Function) -> str:
    """The arguments of `Call.of`, one a line."""
    groups: dict[str, dict[str, str]] = {}
    for a in f.arguments:
        key = {
            "path": "path_params",
            "query": "query_params",
            "header": "header_params",
            "cookie": "cookie_params",
        }.get(a.location, "")
        if key:
            groups.setdefault(key, {})[a.wire] = a.value
    lines = []
    for key in ("path_params", "query_params", "header_params", "cookie_params"):
        if key in groups:
            items = [f"{literal(k)}: {v}" for k, v in groups[key].items()]
            lines.append(
                f"{key}={layout.listed('{', items, '}', 8 + len(key) + 2) if _fits(key, items) else _exploded(items)}"
            )
    lines += [f"querystring={a.value}" for a in f.arguments if a.location == "querystring"]
    if f.body is not None:
        lines.append("body=content" if len(f.body.ways) > 1 else f"body={f.body.ways[0].value}")
    lines.append("responses=" + layout.value(_statuses(f.responses), 8, 18))
    if schemes := tuple(names for names in f.security if names):
        lines.append("security=" + layout.value(schemes, 8, 17))
    if f.server is not None:
        lines.append(f"server={literal(f.server)}")
    if f.stream is not None:
        lines.append(f"item_type={f.stream.expression}")
        lines.append(f"stream_format={literal(f.stream.framing)}")
        if f.stream.events:
            lines.append("whole_event=True")
    return "".join(f"        {line},\n" for line in lines)


def _statuses(answers: dict[str, Any]) -> dict[int | str, Any]:
    return {int(k) if k.isdigit() else k: v for k, v in answers.items()}


def _fits(key: str, items: list[str]) -> bool:
    return 8 + len(key) + 1 + 2 + len(", ".join(items)) + 1 <= layout.WIDTH


def _exploded(items: list[str]) -> str:
    return "{\n" + "".join(f"            {item},\n" for item in items) + "        }"


def _alias(a: TypeName) -> str:
    return layout.alias(a.symbol, a.same or _alias_type(a))


def _alias_type(a: TypeName) -> str:
    if not a.tag:
        return a.expression
    mapping = f", {layout.flat(a.tags)}" if a.tags else ""
    return f"Annotated[{a.expression}, Discriminator({literal(a.tag)}{mapping})]"


def _codec(a: TypeName) -> str:
    name = f"{a.symbol}Codec"
    if a.same:
        return f"{name} = {a.same}Codec"
    if a.base:
        return f"{name}: Codec[{a.symbol}] = Codec({_alias_type(a)}, base={a.symbol})"
    return layout.assigned(name, f"Codec[{a.symbol}]", "Codec", a.symbol)


def _field(f: Field) -> str:
    words = []
    metadata = {"json_name": f.wire} if f.wire != f.name else {}
    if f.pattern is not None:
        metadata["pattern"] = f.pattern
    if metadata:
        words.append(f"metadata={layout.flat(metadata)}")
    if f.alias:
        words.append(f"alias={literal(f.alias)}")
    value = f.default
    if words:
        value = f"field({', '.join(([f'default={f.default}'] if f.default else []) + words)})"
    return layout.annotated(f.name, f.annotation, value)


def _servers(servers: tuple[ServerPlan, ...]) -> str:
    items = []
    for s in servers:
        item = f"Server({literal(s.url)}{', ' + layout.flat(s.variables) if s.variables else ''})"
        if len(item) + 5 > layout.WIDTH and s.variables:
            item = f"Server(\n        {literal(s.url)},\n        {layout.value(s.variables, 8, 8)},\n    )"
        items.append(item)
    line = f"({', '.join(items)},)" if len(items) == 1 else ""
    if line and "\n" not in line and len("SERVERS: tuple[Server, ...] = " + line) <= layout.WIDTH:
        return line
    return "(" + "".join(f"\n    {item}," for item in items) + "\n)" if items else "()"


def _schemes(schemes: tuple[SchemePlan, ...]) -> str:
    items = []
    for s in schemes:
        name = f", {literal(s.name)}" if s.name else ""
        value = f"SecurityScheme({literal(s.option)}, {literal(s.place)}{name})"
        items.append(f"{literal(s.key)}: {value}")
    return "{" + "".join(f"\n    {item}," for item in items) + "\n}" if items else "{}"


def _options_docs(package: Package) -> str:
    about = {o.name: o.description for o in package.options} | {
        "timeout": "Seconds for each of connecting, sending and waiting for more of the answer. Default: 60.",
        "headers": "Sent with every request.",
        "server_variables": "Values for the variables in the URL of the server.",
        "http_client": "An `httpx` (or `httpx2`) client to send with. It is not closed.",
    }
    lines = "\n".join(f"    {name}: {text}" for name, text in about.items())
    return f"Keywords of the clients.\n\nAttributes:\n{lines}"
