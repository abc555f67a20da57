"""What the generated modules import, from the types and values that are written in them."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from attrs import define, field, frozen

from orcagen.plan.model import (
    ApiModule,
    Constant,
    Function,
    LinkPlan,
    ModelClass,
    ModelModule,
    ModelType,
    Package,
    Table,
    Type,
    TypedDictPlan,
)
from orcagen.plan.symbols import join_types
from orcagen.render.types import (
    IN_API,
    IN_CALLS,
    IN_DICT_ALIASES,
    IN_DICTS,
    IN_MODEL_ALIASES,
    IN_MODELS,
    Notation,
    add_unset,
    walk,
)
from orcagen.schema import ANY, CustomType, LiteralType

# Where the names come from that types are written with.
_SOURCES = {
    "AsyncIterable": "collections.abc",
    "Awaitable": "collections.abc",
    "Callable": "collections.abc",
    "Iterable": "collections.abc",
    "Mapping": "collections.abc",
    "dt": "datetime",
    "Decimal": "decimal",
    "DecimalNumber": ".._runtime.decimals",
    "IO": "typing",
    "Any": "typing",
    "Literal": "typing",
    "Union": "typing",
    "UUID": "uuid",
    "models": "..",
    "dicts": "..",
    "custom_types": "..",
    "Binary": ".._runtime.media_types",
    "Unset": ".._runtime.model",
    "Content": ".._runtime.upload",
    "Upload": ".._runtime.upload",
}
_BODY_MODULES = {
    "json": "call",
    "raw": "files",
    "lines": "lines",
    "form": "forms",
    "multipart": "forms",
    "xml": "xml",
}


@frozen
class Symbol:
    """A class or an alias of `models/`: the module it is in, and whether there is a codec beside it."""

    module: str
    has_codec: bool


def index_symbols(package: Package) -> dict[str, Symbol]:
    """All classes and aliases of `models/` by name, sorted, those of constants included."""
    classes = {x.symbol: x for m in package.models for x in m.classes}
    targets = {x.symbol: x.alias_of for m in package.models for x in m.aliases}

    def has_codec(symbol: str) -> bool:
        while (target := targets.get(symbol)) is not None:
            symbol = target
        return symbol not in classes or classes[symbol].variants is not None

    modules = {x.symbol: m.name for m in package.models for x in m.classes}
    modules |= {x.symbol: m.name for m in package.models for x in m.aliases}
    constants = {
        x.constants.symbol: m.name for m in package.models for x in m.aliases if x.constants
    }
    modules |= constants
    return {
        symbol: Symbol(modules[symbol], symbol not in constants and has_codec(symbol))
        for symbol in sorted(modules)
    }


@define
class Imports:
    """The import lines of a module, in the order of import sorters. `type_checking` are those of the typing block."""

    names: dict[str, set[str]] = field(factory=dict)
    checked: dict[str, set[str]] = field(factory=dict)

    def add(self, module: str, *names: str) -> None:
        self.names.setdefault(module, set()).update(names)

    def add_types(self, pairs: Iterable[tuple[Type, Notation]]) -> None:
        """Adds what the types are written with, but for symbols of models."""
        for name in {name for type_, notation in pairs for name in notation.find_names(type_)}:
            self.add(_SOURCES[name], name)

    @property
    def stdlib(self) -> list[str]:
        return ["import datetime as dt"] * ("datetime" in self.names) + _format(
            {m: n for m, n in self.names.items() if m not in ("attrs", "datetime") and m[0] != "."}
        )

    @property
    def third_party(self) -> list[str]:
        return _format({m: n for m, n in self.names.items() if m == "attrs"})

    @property
    def local(self) -> list[str]:
        return _format({m: n for m, n in self.names.items() if m[0] == "."})

    @property
    def type_checking(self) -> list[str]:
        return _format(self.checked)


def _format(names: Mapping[str, Iterable[str]]) -> list[str]:
    modules = sorted(names, key=lambda m: (-len(m) + len(m.lstrip(".")), m))
    return [f"from {m} import {', '.join(sorted(names[m], key=_sort_key))}" for m in modules]


def _sort_key(name: str) -> tuple[int, str]:
    """Constants, classes, functions: the order of import sorters."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def group_results(f: Function) -> dict[Type, list[str]]:
    """The media types that a caller can ask for, by the type of their result; empty where all have the same."""
    groups: dict[Type, list[str]] = {}
    for media_type, result in f.results.items():
        groups.setdefault(result, []).append(media_type)
    return groups if len(groups) > 1 else {}


def import_for_api(module: ApiModule, package: Package) -> Imports:
    imports = Imports()
    imports.add_types(pair for f in module.functions for pair in _find_types(f))
    imports.add(".._runtime.methods", "ClientT", "Methods")
    for f in module.functions:
        if group_results(f):
            imports.add("collections.abc", "Coroutine")
            imports.add("typing", "Any", "overload")
            imports.add(".._runtime.methods", "AsyncMethods", "SyncMethods")
            if f.stream is not None:
                imports.add(".._runtime.methods", "AsyncStreamManager", "StreamManager")
        else:
            if not f.is_stream:
                imports.add(".._runtime.methods", "Method")
            if f.stream is not None:
                imports.add(".._runtime.methods", "StreamMethod")
        imports.add(*_find_call_class(f))
        if f.pagination:
            imports.add(".._runtime.pagination", "Pagination")
        if f.long_running:
            imports.add(".._runtime.long_running", "LongRunning", "Target")
        if f.headers:
            imports.add(".._runtime.response_headers", "TypedHeaders", "header_field")
        if f.links:
            imports.add(".._runtime.links", "ResponseLinks")
            imports.add("typing", "Any")
        for target in (find_function(package, link) for link in f.links):
            imports.add_types(_find_call_types(target))
            imports.add(*_find_call_class(target))
        if f.server is not None and f.server.variables:
            imports.add(".._runtime.servers", "ServerTemplate")
        if f.body is not None and f.body.nullable and not f.body.required:
            imports.add(".._runtime.model", "UNSET")
        for encoding in f.body.encodings if f.body else ():
            imports.add(f".._runtime.{_BODY_MODULES[encoding.kind]}", f"{encoding.kind}_body")
            if encoding.styles:
                imports.add(".._runtime.styles", "Styled")
            if encoding.xml_parts:
                imports.add(".._runtime.xml", "xml_part")
        for a in f.arguments:
            if a.encoding == "json":
                imports.add(".._runtime.styles", "json_text")
            elif a.encoding == "form":
                imports.add(".._runtime.forms", "form_body")
            if a.style is not None:
                imports.add(".._runtime.styles", "Styled")
    return imports


def find_function(package: Package, link: LinkPlan) -> Function:
    """The function that a link leads to."""
    (module,) = (a for a in package.apis if a.name == link.module)
    return next(f for f in module.functions if f.name == link.function)


def _find_call_class(f: Function) -> tuple[str, str]:
    """The module and the name of the class of its calls."""
    if f.pagination:
        return ".._runtime.pagination", "PagedCall"
    if f.long_running:
        return ".._runtime.long_running", "TaskCall"
    if f.stream is None:
        return ".._runtime.call", "Call"
    return ".._runtime.streams", "StreamCall"


def _find_call_types(f: Function) -> Iterator[tuple[Type, Notation]]:
    """What the type of its calls is written with."""
    yield f.result, IN_API
    yield from ((type_, IN_API) for type_ in f.results.values())
    if f.pagination:
        yield f.pagination.item_type, IN_API
    if f.long_running:
        yield f.long_running.result_type, IN_API
    if f.stream is not None:
        yield f.stream.item_type, IN_API


def _find_types(f: Function) -> Iterator[tuple[Type, Notation]]:
    yield from ((a.type, IN_API) for a in f.arguments)
    if f.body is not None:
        has_unset = f.body.nullable and not f.body.required
        yield add_unset(f.body.type) if has_unset else f.body.type, IN_API
        if f.body.media_types:
            yield LiteralType(f.body.media_types, None), IN_API
        yield from ((e.type, IN_CALLS) for e in f.body.encodings if e.type is not None)
        yield from (
            (type_, IN_CALLS) for e in f.body.encodings for type_, _ in e.xml_parts.values()
        )
    yield from _find_call_types(f)
    if f.results:
        yield LiteralType(tuple(f.results), None), IN_API
    for response in f.responses:
        yield from ((type_, IN_CALLS) for type_ in response.content.values())
    if f.pagination:
        yield f.pagination.item_type, IN_CALLS
    if f.long_running:
        for target in (*f.long_running.poll, f.long_running.fetch):
            if target is not None and target.type is not None:
                yield target.type, IN_CALLS
        if f.long_running.result:
            yield f.long_running.result_type, IN_CALLS
    yield from ((h.type, IN_API) for h in f.headers)
    if f.stream is not None:
        yield f.stream.item_type, IN_CALLS


def import_for_models(module: ModelModule, symbols: Mapping[str, Symbol]) -> Imports:
    imports = Imports()
    in_annotations = [(f.type, IN_MODELS) for x in module.classes for f in x.own_fields]
    in_expressions: list[tuple[Type, Notation]] = []
    discriminators = []
    imported = set()
    for x in module.classes:
        _import_for_class(x, imports)
        if x.base is not None and symbols[x.base].module != module.name:
            imported.add(x.base)
            imports.add(f".{symbols[x.base].module}", x.base)
        if x.additional_properties is not None:
            in_annotations.append((x.additional_properties, IN_MODELS))
        if x.variants is not None:
            in_expressions.append((x.variants, IN_MODEL_ALIASES))
            discriminators.append(x.discriminator)
            imports.add(".._runtime.model", "Codec")
    for a in module.aliases:
        imports.add("typing", "TypeAlias")
        if a.constants:
            imports.add("typing", "Final")
        if a.alias_of is None:
            in_expressions.append((a.type, IN_MODEL_ALIASES))
            discriminators.append(a.discriminator)
            imports.add(".._runtime.model", "Codec")
            continue
        imported.add(a.alias_of)
        target = symbols[a.alias_of]
        if target.module != module.name:
            imports.add(f".{target.module}", a.alias_of)
            if target.has_codec:
                imports.add(f".{target.module}", f"{a.alias_of}Codec")
    if any(discriminators):
        imports.add("typing", "Annotated")
        imports.add(".._runtime.model", "Discriminator")
    own = {x.symbol for x in module.classes} | {a.symbol for a in module.aliases}
    types = [*in_annotations, *in_expressions]
    imports.add_types(types)
    has_own_class = any(isinstance(a.type, CustomType) for a in module.aliases)
    if "custom_types" in imports.names.get("..", ()) and not has_own_class:
        # They are loaded when a value is read.
        del imports.names[".."]
        imports.add("typing", "TYPE_CHECKING")
        imports.checked[".."] = {"custom_types"}
    used = {part.symbol for t, _ in types for part in walk(t) if isinstance(part, ModelType)}
    if others := used - own - imported:
        imports.add("typing", "TYPE_CHECKING")
        imports.checked["..models"] = others
    return imports


def _import_for_class(x: ModelClass, imports: Imports) -> None:
    imports.add("attrs", "define")
    if x.base is None:
        imports.add(".._runtime.model", "ApiModel")
    if x.additional_properties is not None:
        imports.add("attrs", "field")
    for f in x.own_fields:
        is_constant = isinstance(f.default, Constant) and not f.default.is_literal
        is_write_only = f.required and f.documentation.write_only
        has_metadata = f.json_name != f.name or f.pattern is not None or f.xml
        if has_metadata or f.alias or is_constant or is_write_only:
            imports.add("attrs", "field")
        if f.default == "UNSET":
            imports.add(".._runtime.model", "UNSET")
        elif f.default == "READ_ONLY":
            imports.add(".._runtime.model", "READ_ONLY")
        if not f.required and f.type != ANY:
            imports.add(".._runtime.model", "Unset")


_NAMES_IN_DICTS = {*_SOURCES, *"NotRequired bool bytes dict float int list str tuple".split()}


def can_be_class(d: TypedDictPlan) -> bool:
    """Whether a typed dict can be written as a class: if its keys are plain names (Python normalizes names by NFKC, and
    mangles `__x`), and none of them shadows a name that its annotations may use."""
    return all(
        f.json_name.isidentifier()
        and not keyword.iskeyword(f.json_name)
        and not f.json_name.startswith("__")
        and unicodedata.normalize("NFKC", f.json_name) == f.json_name
        and f.json_name not in _NAMES_IN_DICTS
        for f in d.fields
    )


def import_for_webhooks(package: Package) -> Imports:
    imports = Imports()
    imports.add("typing", "TypeAlias")
    imports.add_types([(join_types([w.type for w in package.webhooks]), IN_DICT_ALIASES)])
    imports.add(".._runtime.webhooks", "Webhooks", "WebhookVerificationError")
    if package.webhook_signature:
        imports.add(".._runtime.webhooks", "Signature")
    imports.names = {m.replace("..", ".", 1): names for m, names in imports.names.items()}
    return imports


def import_for_dicts(typed_dicts: Iterable[TypedDictPlan]) -> Imports:
    imports = Imports()
    for d in typed_dicts:
        if d.type is not None:
            imports.add("typing", "TypeAlias")
            imports.add_types([(d.type, IN_DICT_ALIASES)])
            continue
        imports.add("typing", "TypedDict")
        notation = IN_DICTS if can_be_class(d) else IN_DICT_ALIASES
        for f in d.fields:
            imports.add_types([(f.type, notation)])
            if not f.required:
                imports.add("typing", "NotRequired")
    # The dicts are beside `models/`, all other modules with types one level deeper.
    imports.names = {m.replace("..", ".", 1): names for m, names in imports.names.items()}
    return imports


def import_for_table(table: Table, is_class: bool) -> Imports:
    imports = Imports()
    imports.add("functools", "cache")
    imports.add("typing", "Any")
    imports.add_types([(table.type, IN_API), (table.type, IN_CALLS)])
    if not is_class:
        imports.add(".._runtime.model", "Codec")
    return imports
