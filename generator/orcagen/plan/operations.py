"""Operations: what the modules of `api/` hold."""

from __future__ import annotations

import collections
import re
from urllib.parse import quote

from attrs import define, evolve, field

from orcagen.diagnostics import Diagnostics
from orcagen.openapi import Document, MediaType, Operation, Parameter
from orcagen.plan import names
from orcagen.plan.model import (
    ApiModule,
    Argument,
    BodyArgument,
    BodyWay,
    Function,
    StreamPart,
    Uses,
)
from orcagen.plan.schemas import is_model, leaves
from orcagen.plan.symbols import Operations, Symbols, Writer
from orcagen.plan.text import constraints_text, default_text, full_stop, literal, prose, sentence
from orcagen.schema import (
    ANY,
    Key,
    ListType,
    LiteralType,
    ObjectType,
    Scalar,
    Type,
    TypeGraph,
    TypeRef,
    UnionType,
    read_constraints,
)

_RESERVED_FUNCTIONS = names.BUILTINS | {
    "annotations",
    "json_body",
    "raw_body",
    "form_body",
    "multipart_body",
    "json_text",
    "dt",
}
_RESERVED_ARGUMENTS = names.BUILTINS | {
    "body", "media_type", "content", "self", "cls", "dt",
    "json_body", "raw_body", "form_body", "multipart_body", "json_text",
}  # fmt: skip
_RAW = ("bytes", "str", "IO[bytes]", "Iterable[bytes]", "AsyncIterable[bytes]")
_FRAMINGS = {
    "text/event-stream": "sse",
    "application/jsonl": "jsonl",
    "application/x-jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/ndjson": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/jsonlines": "jsonl",
    "application/json-seq": "json-seq",
    "application/geo+json-seq": "json-seq",
}
_DEFAULT_STYLES = {
    "path": ("simple", False),
    "query": ("form", True),
    "header": ("simple", False),
    "cookie": ("form", True),
}
_KNOWN_STYLES = {
    "path": {"simple", "label", "matrix"},
    "query": {"form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject"},
    "header": {"simple"},
    "cookie": {"form", "cookie"},
}


@define
class FunctionNames:
    """The module and the function of each operation."""

    module: dict[Key, str]
    function: dict[Key, str]
    tags: dict[str, str]  # the tag of each module


def function_names(document: Document, overrides: dict[str, str]) -> FunctionNames:
    wanted_modules: dict[str, tuple[str, str]] = {}
    for op in document.operations:
        tag = op.tags[0] if op.tags else "default"
        wanted_modules[tag] = (tag, names.harmless(names.snake(tag)))
    modules = names.unique(wanted_modules, files=True)
    by_module: dict[str, dict[str, tuple[str, str]]] = {}
    keys: dict[tuple[str, str], Key] = {}
    short = _short_ids(document, modules)
    for op in document.operations:
        module = modules[op.tags[0] if op.tags else "default"]
        identity = f"{op.key} {op.path}"
        words = short.get((module, identity)) or op.id or _method_and_path(op)
        name = overrides.get(op.node.pointer) or names.harmless(
            names.snake(words), _RESERVED_FUNCTIONS
        )
        by_module.setdefault(module, {})[identity] = (op.id or "", name)
        keys[module, identity] = Key(op.node.file, op.node.pointer + identity)
    out = FunctionNames({}, {}, {modules[tag]: tag for tag in wanted_modules})
    for module, wanted in by_module.items():
        for identity, name in names.unique(wanted).items():
            out.module[keys[module, identity]] = module
            out.function[keys[module, identity]] = name
    return out


def _method_and_path(op: Operation) -> str:
    return f"{op.method} {re.sub(r'[{}]', ' ', op.path)}"


def _short_ids(document: Document, modules: dict[str, str]) -> dict[tuple[str, str], str]:
    """What frameworks had for an operationId before they put path and method behind it, where that is two words or
    more and names one operation of its module."""
    found: dict[tuple[str, str], str] = {}
    all_ = collections.Counter[tuple[str, str]]()
    for op in document.operations:
        module = modules[op.tags[0] if op.tags else "default"]
        own = names.snake(op.id or _method_and_path(op))
        tail = names.snake(f"{re.sub(r'[{}]', ' ', op.path)} {op.method}")
        head = own.removesuffix("_" + tail)
        if op.id is not None and head != own and "_" in head.strip("_"):
            found[module, f"{op.key} {op.path}"] = own = head
        all_[module, own] += 1
    return {at: head for at, head in found.items() if all_[at[0], head] == 1}


def key_of(op: Operation) -> Key:
    """One path item may stand under several paths, so the place alone does not tell operations apart."""
    return Key(op.node.file, f"{op.node.pointer}{op.key} {op.path}")


def places(document: Document, chosen: FunctionNames) -> Operations:
    """The function at each place of the document, for the names of schemas that stand in operations."""
    out: Operations = {}
    for op in document.operations:
        out.setdefault(op.node.key, chosen.function[key_of(op)])
    return out


@define
class Planner:
    document: Document
    graph: TypeGraph
    symbols: Symbols
    found: Diagnostics
    names: FunctionNames
    typed_dicts: dict[Key, str] = field(factory=dict)

    def modules(self) -> tuple[ApiModule, ...]:
        grouped: dict[str, list[Operation]] = {}
        for op in self.document.operations:
            grouped.setdefault(self.names.module[key_of(op)], []).append(op)
        return tuple(self._module(name, grouped[name]) for name in sorted(grouped))

    def _module(self, name: str, operations: list[Operation]) -> ApiModule:
        writer = Writer(self.symbols)
        dicts: set[str] = set()
        functions = tuple(self._function(op, writer, dicts) for op in operations)
        ways = " ".join(w.value for f in functions if f.body for w in f.body.ways)
        values = " ".join(a.value for f in functions for a in f.arguments)
        calls = {"Call" for f in functions if f.stream is None}
        calls |= {w for w in ("json_body", "raw_body") if w + "(" in ways}
        calls |= {w for w in ("json_text",) if w + "(" in values + ways}
        forms = {w for w in ("form_body", "multipart_body") if w + "(" in ways + values}
        if any(f.body and f.body.media_types for f in functions):
            writer.words.add("Literal")
        if any("Mapping[" in f.body.annotation for f in functions if f.body):
            writer.words.add("Mapping")
        if any("Any" in f.result or (f.stream and "Any" in f.stream.item) for f in functions):
            writer.words.add("Any")
        tag = self.names.tags[name]
        return ApiModule(
            name,
            tag,
            prose(self.document.tags.get(tag, "")),
            functions,
            Uses(tuple(sorted(writer.models)), tuple(sorted(writer.words)), tuple(sorted(dicts))),
            tuple(sorted(calls)),
            tuple(sorted(forms)),
            "Styled(" in values + ways,
        )

    def _function(self, op: Operation, writer: Writer, dicts: set[str]) -> Function:
        answers, result, stream = self._answers(op, writer)
        server = op.servers[0].url if op.servers else None
        if server and "{" in server:
            for name, (default, _) in op.servers[0].variables.items():
                server = server.replace("{" + name + "}", default)
        arguments = self._arguments(op, writer)
        wires = {a.wire for a in arguments if a.location == "path"}
        return Function(
            name=self.names.function[key_of(op)],
            method=op.method,
            path=_template(op.path, wires),
            path_key=op.path,
            pointer=op.node.pointer,
            summary=sentence(op.summary),
            description=prose(op.description),
            deprecated=op.deprecated,
            arguments=arguments,
            body=self._body(op, writer, dicts),
            answers=answers,
            statuses={r.status: sentence(r.description) for r in op.responses},
            result=result,
            stream=stream,
            security=op.security,
            server=server,
        )

    # arguments

    def _arguments(self, op: Operation, writer: Writer) -> tuple[Argument, ...]:
        wanted: dict[str, tuple[str, str]] = {}
        plain: dict[str, list[str]] = {}
        for p in op.parameters:
            name = names.harmless(
                names.snake(p.name), _RESERVED_ARGUMENTS | {self.names.function[key_of(op)]}
            )
            plain.setdefault(name, []).append(f"{p.location} {p.name}")
            wanted[f"{p.location} {p.name}"] = (p.name, name)
        for same in plain.values():
            if len(same) > 1:  # one name in two places: the path's keeps it
                keeper = next((i for i in same if i.startswith("path ")), same[0])
                for identity in same:
                    if identity != keeper:
                        place, _, own = identity.partition(" ")
                        wanted[identity] = (own, f"{names.snake(own)}_{place}")
        chosen = names.unique(wanted)
        out = [self._argument(p, chosen[f"{p.location} {p.name}"], writer) for p in op.parameters]
        return tuple(sorted(out, key=lambda a: not a.required))

    def _argument(self, p: Parameter, name: str, writer: Writer) -> Argument:
        type_ = self.graph.types[p.schema.key] if p.schema else Scalar("str")
        annotation = writer.write(_asked(type_))
        if not p.required and annotation != "Any" and not annotation.endswith("| None"):
            annotation += " | None"
        return Argument(
            name,
            p.name,
            p.location,
            annotation,
            p.required,
            self._value(p, name),
            _about_parameter(p),
        )

    def _value(self, p: Parameter, name: str) -> str:
        media_type = (p.media_type or "").partition(";")[0].strip().lower()
        if p.location == "querystring" and media_type in ("", "application/x-www-form-urlencoded"):
            return f"form_body({name})"
        if media_type and _is_json(media_type):
            name = f"json_text({name})"
        if p.location == "querystring":
            return name
        style, explode = p.style, p.explode
        if style not in _KNOWN_STYLES[p.location]:
            default = _DEFAULT_STYLES[p.location][0]
            self.found.add(
                "warning",
                p.node.file,
                p.node.pointer,
                f"the style {style!r} is none of {p.location}",
                f"written as {default}",
            )
            style = default
        if (style, explode) == _DEFAULT_STYLES[p.location] and not p.allow_reserved:
            return name
        if style == "deepObject":
            return f'Styled({name}, "deepObject")'
        words = [name, literal(style)]
        if explode:
            words.append("explode=True")
        if p.allow_reserved:
            words.append("reserved=True")
        scalar = p.schema is None or _is_scalar(self.graph, self.graph.types[p.schema.key])
        if scalar and not p.allow_reserved and style in ("form", "simple"):
            return name  # a scalar looks the same
        return f"Styled({', '.join(words)})"

    # bodies

    def _body(self, op: Operation, writer: Writer, dicts: set[str]) -> BodyArgument | None:
        if op.body is None:
            return None
        offered = sorted(_to_choose(op.body.content), key=lambda c: not _is_json(c.media_type))
        kinds: list[str] = []
        ways: list[BodyWay] = []
        for content in offered:
            kind, value = self._way(content, writer, dicts)
            kinds += [k for k in kind if k not in kinds]
            ways.append(BodyWay(content.media_type, value))
        media_types = tuple(w.media_type for w in ways) if len(ways) > 1 else ()
        same = {
            re.sub(r'"[^"]*"\)$', "media_type)", w.value)
            if "media_type" not in w.value
            else w.value
            for w in ways
        }
        if len(ways) > 1 and len(same) == 1 and all(w.value.endswith('")') for w in ways):
            ways = [BodyWay("", same.pop())]
        if "Any" in kinds:
            kinds = ["Any"]
            writer.words.add("Any")
        annotation = " | ".join(
            [k for k in kinds if k != "None"] + ["None"] * ("None" in kinds or not op.body.required)
        )
        if kinds == ["Any"]:
            annotation = "Any"
        return BodyArgument(
            annotation, op.body.required, sentence(op.body.description), tuple(ways), media_types
        )

    def _way(self, content: MediaType, writer: Writer, dicts: set[str]) -> tuple[list[str], str]:
        """The types that a media type takes and the text that writes it."""
        media_type = content.media_type.partition(";")[0].strip().lower()
        type_ = self.graph.types[content.schema.key] if content.schema else ANY
        if _is_json(media_type):
            end = (
                ""
                if content.media_type == "application/json"
                else f", {literal(content.media_type)}"
            )
            return self._types(type_, writer, dicts), f"json_body(body{end})"
        if media_type == "application/x-www-form-urlencoded":
            end = f", styles={inner}" if (inner := _styles(content)) else ""
            end += f", types={inner}" if (inner := _types(content)) else ""
            return self._types(type_, writer, dicts), f"form_body(body{end})"
        if media_type.startswith("multipart/") and self._record(type_) is not None:
            record = self._record(type_)
            assert record is not None
            files = [p.name for p in record.properties if _holds_upload(self.graph, p.type)]
            end = f", files={_tuple(files)}" if files else ""
            if inner := _types(content):
                end += f", types={inner}"
            if inner := _styles(content):
                end += f", styles={inner}"
            if media_type != "multipart/form-data":
                end += f", media_type={literal(media_type)}"
            return self._types(type_, writer, dicts), f"multipart_body(body{end})"
        if media_type.startswith("multipart/"):
            writer.words.update(("Any", "Mapping"))
            return ["Mapping[str, Any]"], "multipart_body(body, files=None)"
        if media_type.startswith("text/") or media_type.endswith(("/xml", "+xml")):
            return ["str", "bytes"], f"raw_body(body, {literal(content.media_type)})"
        writer.words.update(("IO", "Iterable", "AsyncIterable"))
        return list(_RAW), f"raw_body(body, {literal(content.media_type)})"

    def _types(self, type_: Type, writer: Writer, dicts: set[str]) -> list[str]:
        members = type_.members if isinstance(type_, UnionType) else (type_,)
        out = [writer.write(m) for m in members]
        for member in members:
            if isinstance(member, TypeRef) and member.key in self.typed_dicts:
                dicts.add(self.typed_dicts[member.key])
                out.append(self.typed_dicts[member.key])
            elif is_model(self.graph, member):
                writer.words.update(("Any", "Mapping"))
                out.append("Mapping[str, Any]")
        return list(dict.fromkeys(out))

    def _record(self, type_: Type) -> ObjectType | None:
        """The record that a type is, if it is only one."""
        found = leaves(self.graph, type_)
        return found[0] if len(found) == 1 and isinstance(found[0], ObjectType) else None

    # answers

    def _answers(
        self, op: Operation, writer: Writer
    ) -> tuple[dict[str, str | dict[str, str] | None], str, StreamPart | None]:
        answers: dict[str, str | dict[str, str] | None] = {}
        results: list[str] = []
        stream: StreamPart | None = None
        documented = [r.status for r in op.responses if r.status[0] == "2"]
        for response in op.responses:
            if op.method == "HEAD":
                response = evolve(response, content=())
            success = response.status[0] == "2" if documented else response.status[0] in "3d"
            answer: dict[str, str] = {}
            for content in _asked_for(response.content):
                type_, part = self._answer(content)
                mine = (
                    writer if success else Writer(self.symbols)
                )  # errors' types are only named in strings
                text = mine.write(type_)
                answer[content.media_type] = text
                if success:
                    results.append(text)
                    if part is not None and stream is None:
                        stream = StreamPart(writer.write(part[0]), part[1], part[2])  # type: ignore[arg-type]
            if not response.content and success:
                results.append("None")
            plain = list(answer) == ["application/json"]
            answers[response.status] = next(iter(answer.values())) if plain else answer or None
        if not op.responses or (not documented and not results):
            answers.setdefault("default", "Any")
            results.append("Any")
        unique = list(dict.fromkeys(results))
        if "Any" in unique:
            writer.words.add("Any")
            return answers, "Any", stream
        ordered = [r for r in unique if r != "None"] + [r for r in unique if r == "None"]
        return answers, " | ".join(ordered), stream

    def _answer(self, content: MediaType) -> tuple[Type, tuple[Type, str, bool] | None]:
        media_type = content.media_type.partition(";")[0].strip().lower()
        if media_type in _FRAMINGS:
            place = content.item_schema or content.schema
            item = self.graph.types[place.key] if place else ANY
            if content.item_schema is None and isinstance(item, ListType):
                item = item.item
            record = self._record(item)
            events = bool(
                content.item_schema and record and any(p.name == "data" for p in record.properties)
            )
            return Scalar("str"), (item, _FRAMINGS[media_type], events)
        if _is_json(media_type) or media_type in ("*/*", "application/*"):
            type_ = self.graph.types[content.schema.key] if content.schema else ANY
            if media_type == "*/*" and _holds_upload(self.graph, type_):
                return Scalar("bytes"), None
            return type_, None
        if media_type.startswith("text/") or media_type.endswith(("/xml", "+xml")):
            return Scalar("str"), None
        return Scalar("bytes"), None


def _asked_for(content: tuple[MediaType, ...]) -> list[MediaType]:
    """Without the media types that spell the same schema as JSON does: they are not asked for."""
    chosen = _to_choose(content)
    json = [c.schema.value for c in chosen if _is_json(c.media_type) and c.schema is not None]
    return [
        c
        for c in chosen
        if _is_json(c.media_type)
        or c.media_type.partition(";")[0].strip().lower() in _FRAMINGS
        or c.schema is None
        or c.schema.value not in json
    ]


def _to_choose(content: tuple[MediaType, ...]) -> list[MediaType]:
    """Without what gives no choice: ranges, and JSON's unregistered spelling, where another type has the same schema."""
    vague = [c for c in content if "*" in c.media_type or c.media_type.startswith("text/json")]
    sure = [c.schema.value if c.schema else None for c in content if c not in vague]
    return [
        c for c in content if c not in vague or (c.schema.value if c.schema else None) not in sure
    ] or list(content)


def _asked(type_: Type) -> Type:
    """The type of an argument: null has no form in a parameter."""
    if isinstance(type_, UnionType):
        members = tuple(m for m in type_.members if m != Scalar("None"))
        return members[0] if len(members) == 1 else UnionType(members) if members else Scalar("str")
    return type_


def _is_scalar(graph: TypeGraph, type_: Type) -> bool:
    return all(t != ANY and isinstance(t, (Scalar, LiteralType)) for t in leaves(graph, type_))


def _styles(content: MediaType) -> str:
    """The properties of a form whose style the document gives, as Python text."""
    items = []
    for name, e in content.encoding.items():
        if e.style is not None or e.explode is not None:
            style = e.style or "form"
            explode = style == "form" if e.explode is None else e.explode
            items.append(f"{literal(name)}: Styled(None, {literal(style)}, {explode})")
    return "{" + ", ".join(items) + "}" if items else ""


def _types(content: MediaType) -> str:
    """The properties of a form whose media type the document gives, as Python text."""
    items = [
        f"{literal(n)}: {literal(e.content_type)}"
        for n, e in content.encoding.items()
        if e.content_type
    ]
    return "{" + ", ".join(items) + "}" if items else ""


def _holds_upload(graph: TypeGraph, type_: Type) -> bool:
    """Whether a type is binary, or a list of such."""
    todo, seen = [type_], {type_}
    while todo:
        found = leaves(graph, todo.pop())
        if Scalar("Upload") in found:
            return True
        items = {leaf.item for leaf in found if isinstance(leaf, ListType)} - seen
        seen |= items  # a list may hold itself
        todo += items
    return False


def _is_json(media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip().lower()
    return plain.endswith(("/json", "+json"))


def _tuple(values: list[str]) -> str:
    return f"({', '.join(literal(v) for v in values)}{',' if len(values) == 1 else ''})"


def _template(path: str, parameters: set[str]) -> str:
    """A path with its parameters in braces. What may not stand in a path is percent-encoded; behind a #, it is dropped.

    Behind a ?, what has a place for a parameter of the query goes too: that parameter is written by itself.
    """
    before, mark, behind = path.partition("#")[0].partition("?")
    fixed = [
        p for p in behind.split("&") if set(_PLACE.findall(p)) <= {f"{{{n}}}" for n in parameters}
    ]
    out = []
    for part in _PLACE.split(before + mark * bool(fixed) + "&".join(fixed)):
        if part[1:-1] in parameters and part.startswith("{"):
            out.append(part)
        else:
            out.append(quote(part, safe="/%:@!$&'()*+,;=~-._?", errors="replace"))
    text = "".join(out)
    return text if text.startswith("/") else "/" + text


_PLACE = re.compile(r"(\{[^{}]*\})")


def _about_parameter(p: Parameter) -> str:
    """A parameter's description, limits and default in one paragraph."""
    parts = [full_stop(sentence(p.description))]
    if p.deprecated:
        parts.append("Deprecated.")
    value = p.schema.value if p.schema is not None and isinstance(p.schema.value, dict) else {}
    parts.append(constraints_text(read_constraints(value)))
    parts.append(default_text(value.get("default"), p.description))
    return " ".join(part for part in parts if part)
