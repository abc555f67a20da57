"""XML documents of models (OpenAPI, XML Object).

A document is read as parsed JSON of its type, so that formats, unions and unknown properties are what they are in JSON:
unknown elements become additional properties by their names, unknown attributes by `@` and their names. Elements are found
by their local names; the namespace decides where several have the same one.

`xml` in the metadata of a field is what the document says beyond the default, an element with the name of the property:
`name`, `namespace`, `prefix`, `node` (attribute, text, cdata, none; element for an array with an element of its own), and
`items` or `values`, which are the same for the items of an array or the values of a map.
"""

from __future__ import annotations

import math
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import UnionType
from typing import Annotated, Any, ForwardRef, Literal, Union, cast
from xml.parsers import expat

from attrs import define, field, fields, frozen

from .annotations import evaluate, get_reader
from .call import Body
from .decimals import JsonFloat
from .encoder import to_json
from .media_types import is_json, is_xml, read_parameters
from .model import UNSET, ApiModel, Discriminator, Unset, model_reader, union_of
from .response import Response
from .scores import scorer

MAX_DEPTH = 100  # elements inside each other
MAX_SIZE = 64 * 2**20  # bytes of a document
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NOTHING: Mapping[str, Any] = {}
_NAME = re.compile(r"[^\W\d][\w.\-]*")
# XML 1.0, section 2.2
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_FLOATS = {"INF": math.inf, "-INF": -math.inf, "NaN": math.nan}


@define(eq=False)
class Element:
    """An element that was parsed. Attributes are by namespace and name."""

    name: str
    namespace: str
    attributes: dict[tuple[str, str], str]
    children: list[Element] = field(factory=list["Element"])
    texts: list[str] = field(factory=list[str])

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def is_empty(self) -> bool:
        return not self.children and not self.attributes and not self.text.strip()


@frozen
class _Property:
    """A property of a model as XML: where it is, and the types of its values."""

    json_name: str
    attribute: str
    types: tuple[Any, ...]
    required: bool
    xml: Mapping[str, Any]

    @property
    def item_type(self) -> Any:
        """The type of the items where a value can be a list, else None."""
        lists = [t for t in self.types if typing.get_origin(t) is list]
        return typing.get_args(lists[0])[0] if lists else None

    @property
    def is_list(self) -> bool:
        """Whether the items are elements of their own, without one around them."""
        return self.item_type is not None and self.xml.get("node") != "element"


_PROPERTIES: dict[type[ApiModel], tuple[_Property, ...]] = {}


def _properties(cls: type[ApiModel]) -> tuple[_Property, ...]:
    properties = _PROPERTIES.get(cls)
    if properties is None:
        names = model_reader(cls).json_names
        properties = _PROPERTIES[cls] = tuple(
            _Property(
                names[f.name],
                f.name,
                tuple(_members(f.type)),
                Unset not in typing.get_args(evaluate(f.type)),
                f.metadata.get("xml", _NOTHING),
            )
            for f in fields(cls)
            if f.name in names
        )
    return properties


def _additional_type(cls: type[ApiModel]) -> Any:
    args = typing.get_args(evaluate(fields(cls).additional_properties.type))
    return args[1] if args else Any


def _members(type_: Any) -> Iterable[Any]:
    """The types that a type is a union of, with names followed. A class stands for the union that it is the base of."""
    type_ = _follow(type_)
    if typing.get_origin(type_) is Annotated:
        yield from _members(typing.get_args(type_)[0])
    elif typing.get_origin(type_) in (Union, UnionType):
        for member in typing.get_args(type_):
            if member is not Unset:
                yield from _members(member)
    elif isinstance(type_, type) and (variants := union_of(type_)) is not None:
        yield from _members(variants)
        yield type_
    else:
        yield type_


def _follow(type_: Any) -> Any:
    type_ = evaluate(type_)
    while isinstance(type_, ForwardRef):
        from .. import models  # type: ignore[attr-defined, unused-ignore]

        type_ = getattr(models, type_.__forward_arg__)
    return type_


def _discriminator(type_: Any) -> Discriminator | None:
    type_ = _follow(type_)
    if isinstance(type_, type) and (variants := union_of(type_)) is not None:
        type_ = variants
    for member in typing.get_args(type_):
        if isinstance(member, Discriminator):
            return member
        if isinstance(member, ForwardRef) and (discriminator := _discriminator(member)):
            return discriminator
    return None


# Reading


def find_xml_reader(
    response: Response[Any], media_type: str, received: str
) -> Callable[[Any], Any] | None:
    """What reads the body as a type; None where it is not XML. `received` is the Content-Type."""
    # A type of XML is one of JSON, too, if the server prefers that, and the other way round.
    if is_xml(received) or (is_xml(media_type) and not is_json(received)):
        return partial(_read, response, received)
    return None


def read_xml(content: bytes, content_type: str, type_: Any) -> Any:
    """The value of a document. Raises ValueError for what is not XML, too deep or too long, or declares a DTD."""
    root = _parse(content, read_parameters(content_type).get("charset"))
    return get_reader(type_).read(_Conversion().convert(root, type_, _NOTHING))


def _read(response: Response[Any], content_type: str, type_: Any) -> Any:
    """Raises DecodingError."""
    try:
        return read_xml(response.content, content_type, type_)
    except (ValueError, RecursionError) as error:
        raise response.make_error(f"not XML: {error}") from error


def _parse(content: bytes, charset: str | None) -> Element:
    if len(content) > MAX_SIZE:
        raise ValueError(f"it has more than {MAX_SIZE} bytes")
    # A byte order mark goes before the charset, and this before the declaration (RFC 7303, section 3).
    has_mark = content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    parser = expat.ParserCreate(None if has_mark else charset, namespace_separator=" ")
    parser.buffer_text = True
    parser.ordered_attributes = True
    top = Element("", "", {})
    stack = [top]

    def start(name: str, attributes: list[str]) -> None:
        if len(stack) > MAX_DEPTH:
            raise ValueError(f"more than {MAX_DEPTH} elements are inside each other")
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        attributes_by_name: dict[tuple[str, str], str] = {}
        for attribute, text in pairs:
            local, namespace = _split(attribute)
            attributes_by_name[namespace, local] = text
        element = Element(*_split(name), attributes_by_name)
        stack[-1].children.append(element)
        stack.append(element)

    def refuse(*_: object) -> int:
        # Entities are where documents of a few bytes become gigabytes, or read files (OWASP, XXE).
        raise ValueError("it has a document type declaration, which is refused")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = lambda text: stack[-1].texts.append(text)
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
    except LookupError as error:
        raise ValueError(f"its encoding is unknown: {error}") from error
    return top.children[0]


def _split(name: str) -> tuple[str, str]:
    """The local name and the namespace."""
    namespace, _, local = name.rpartition(" ")
    return local, namespace


class _Conversion:
    """Converts elements to parsed JSON. Each element is read once for each class, however unions are nested."""

    def __init__(self) -> None:
        self.objects: dict[tuple[int, type[ApiModel]], dict[str, Any]] = {}

    def convert(self, element: Element, type_: Any, xml: Mapping[str, Any]) -> Any:
        """The value of a type that an element stands for."""
        if element.attributes.get((_XSI, "nil")) in ("true", "1"):
            return None
        members = list(_members(type_))
        types = [t for t in members if t not in (None, type(None))]
        if len(types) < len(members) and element.is_empty and str not in types:
            return None
        if len(types) == 1:
            return self._convert_as(element, types[0], xml)
        discriminator = _discriminator(type_)
        best, best_score = _untyped(element), 0.0
        for member in types:
            data: Any = self._convert_as(element, member, xml)
            if discriminator and issubclass(data.__class__, dict):
                tag = data.get(discriminator.property_name)
                name = discriminator.mapping.get("" if tag is None else _text(tag))
                if name is not None and name == getattr(member, "__name__", None):
                    return data
            score = scorer(get_reader(member))(data)
            if score > best_score:
                best, best_score = data, score
        return best

    def _convert_as(self, element: Element, type_: Any, xml: Mapping[str, Any]) -> Any:
        if typing.get_origin(type_) is Annotated:
            type_ = typing.get_args(type_)[0]
        origin, args = typing.get_origin(type_), typing.get_args(type_)
        if origin is list:
            item_xml = xml.get("items", _NOTHING)
            return [self.convert(c, args[0], item_xml) for c in element.children]
        if origin is tuple:
            rest = [t for t in args if typing.get_origin(t) is tuple]
            types = [t for t in args if t not in rest]
            further = typing.get_args(rest[0])[0] if rest else Any
            types += [further] * (len(element.children) - len(types))
            pairs = zip(element.children, types, strict=False)
            return [self.convert(c, t, _NOTHING) for c, t in pairs]
        if origin is dict:
            return self._read_map(element, args[1], xml.get("values", _NOTHING))
        if isinstance(type_, type) and issubclass(type_, ApiModel):
            key = (id(element), type_)
            if key not in self.objects:
                self.objects[key] = self._read_object(element, type_)
            return self.objects[key]
        return _untyped(element) if type_ is Any else _scalar(element.text, [type_])

    def _read_object(self, element: Element, cls: type[ApiModel]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        attributes = {k: v for k, v in element.attributes.items() if k[0] != _XSI}
        children: dict[str, list[Element]] = {}
        for child in element.children:
            children.setdefault(child.name, []).append(child)
        # Those with a namespace first, so that no other property of the same name takes their elements.
        for p in sorted(_properties(cls), key=lambda p: "namespace" not in p.xml):
            node, name = p.xml.get("node"), p.json_name
            if node == "attribute":
                text = _take_attribute(attributes, p)
                if text is not None:
                    data[name] = _scalar(text, p.types, self, p.item_type)
            elif node in ("text", "cdata"):
                if element.text or p.required:
                    data[name] = _scalar(element.text, p.types)
            elif node == "none" and not p.is_list:
                part = Element(element.name, element.namespace, {}, [], element.texts)
                names = _element_names(p.types)
                for child_name in names & children.keys():
                    part.children += children.pop(child_name)
                part.attributes |= {
                    k: v for k, v in attributes.items() if k[1] in names
                }
                attributes = {k: v for k, v in attributes.items() if k[1] not in names}
                if not part.is_empty:
                    data[name] = self.convert(part, Union[p.types], p.xml)
            elif p.is_list:
                item_xml = p.xml.get("items", _NOTHING)
                matching = _take_elements(
                    children, item_xml, item_xml.get("name", name)
                )
                matching = matching or _take_elements(children, p.xml, name)
                if (
                    matching
                    and matching[0].attributes.get((_XSI, "nil"))
                    and len(matching) == 1
                ):
                    data[name] = None
                elif matching or p.required:
                    matching = self._unwrap(matching, p.item_type)
                    data[name] = [
                        self.convert(e, p.item_type, item_xml) for e in matching
                    ]
            else:
                matching = _take_elements(children, p.xml, p.xml.get("name", name))
                matching = matching or _take_elements(children, _NOTHING, name)
                if matching and p.item_type is not None and len(matching) > 1:
                    # The items without the element that should be around them.
                    item_xml = p.xml.get("items", _NOTHING)
                    data[name] = [
                        self.convert(e, p.item_type, item_xml) for e in matching
                    ]
                elif matching:
                    data[name] = self.convert(matching[0], Union[p.types], p.xml)
                    children.setdefault(matching[0].name, []).extend(matching[1:])
        for (_, name), text in attributes.items():
            data[f"@{name}"] = text
        type_ = _additional_type(cls)
        for name, elements in children.items():
            if elements:
                data[name] = self._read_named(elements, type_, _NOTHING)
        return data

    def _unwrap(self, elements: list[Element], item_type: Any) -> list[Element]:
        """The items inside an element that the document does not have, as some servers write arrays."""
        if len(elements) != 1:
            return elements
        types = list(_members(item_type))
        inner = {c.name for c in elements[0].children}
        if any(t in (Any, str) or typing.get_origin(t) is dict for t in types):
            return elements[0].children if inner and str in types else elements
        has_own = any(_element_names([t]) & inner for t in types)
        is_wrapper = len(inner) == 1 and not has_own and not elements[0].attributes
        return elements[0].children if is_wrapper or elements[0].is_empty else elements

    def _read_map(self, element: Element, type_: Any, xml: Mapping[str, Any]) -> Any:
        data: dict[str, Any] = {
            f"@{k}": v for (ns, k), v in element.attributes.items() if ns != _XSI
        }
        children: dict[str, list[Element]] = {}
        for child in element.children:
            children.setdefault(child.name, []).append(child)
        return data | {
            name: self._read_named(elements, type_, xml)
            for name, elements in children.items()
        }

    def _read_named(
        self, elements: list[Element], type_: Any, xml: Mapping[str, Any]
    ) -> Any:
        """The value of a property that the document does not name: a list where it is there several times."""
        lists = [t for t in _members(type_) if typing.get_origin(t) is list]
        if lists and xml.get("node") != "element":
            item = typing.get_args(lists[0])[0]
            item_xml = xml.get("items", _NOTHING)
            return [self.convert(e, item, item_xml) for e in elements]
        values = [self.convert(e, type_, xml) for e in elements]
        return values[0] if len(values) == 1 else values


def _element_names(types: Iterable[Any]) -> set[str]:
    """The names of all elements and attributes of the classes among types."""
    names: set[str | None] = set()
    for type_ in types:
        if isinstance(type_, type) and issubclass(type_, ApiModel):
            for p in _properties(type_):
                items = p.xml.get("items", _NOTHING)
                names |= {p.json_name, p.xml.get("name"), items.get("name")}
    return {name for name in names if name is not None}


def _take_attribute(attributes: dict[tuple[str, str], str], p: _Property) -> str | None:
    for name in (p.xml.get("name", p.json_name), p.json_name):
        keys = [k for k in attributes if k[1] == name]
        namespace = p.xml.get("namespace", "")
        keys.sort(key=lambda k: k[0] != namespace)
        if keys:
            return attributes.pop(keys[0])
    return None


def _take_elements(
    children: dict[str, list[Element]], xml: Mapping[str, Any], name: str
) -> list[Element]:
    """Takes the elements of a name out of `children`: those of the namespace, if there are any."""
    elements = children.pop(name, [])
    if namespace := xml.get("namespace"):
        exact = [e for e in elements if e.namespace == namespace]
        if exact and len(exact) < len(elements):
            children[name] = [e for e in elements if e.namespace != namespace]
            return exact
    return elements


def _scalar(
    text: str,
    types: Iterable[Any],
    conversion: _Conversion | None = None,
    item_type: Any = None,
) -> Any:
    """Text as parsed JSON of the first type that it can have; unchanged if there is none."""
    stripped = text.strip()
    if conversion is not None and item_type is not None:  # xs:list in an attribute
        return [_scalar(t, list(_members(item_type))) for t in stripped.split()]
    present = [t for t in types if t is not type(None)]
    for type_ in present:
        name = getattr(type_, "__name__", "")
        if typing.get_origin(type_) is Annotated:
            name = "float"  # a number with format: decimal
        if typing.get_origin(type_) is Literal:
            for value in typing.get_args(type_):
                if _text(value) in (text, stripped):
                    return value
        elif type_ is bool and stripped in _BOOLEANS:
            return _BOOLEANS[stripped]
        elif name in ("int", "float") and _INTEGER.fullmatch(stripped):
            return int(stripped)
        elif name == "float":
            if stripped in _FLOATS:
                return _FLOATS[stripped]
            try:
                float(stripped)
            except ValueError:
                continue
            is_decimal = typing.get_origin(type_) is Annotated
            return JsonFloat(stripped) if is_decimal else float(stripped)
    return text if str in present else stripped


def _untyped(element: Element) -> Any:
    """Text, or an object with the elements and attributes inside."""
    attributes = [(k, v) for (ns, k), v in element.attributes.items() if ns != _XSI]
    if not element.children and not attributes:
        return element.text
    data: dict[str, Any] = {f"@{name}": text for name, text in attributes}
    for child in element.children:
        value = _untyped(child)
        if child.name in data:
            others = data[child.name]
            is_list = isinstance(others, list)
            data[child.name] = [
                *(cast("list[Any]", others) if is_list else [others]),
                value,
            ]
        else:
            data[child.name] = value
    if not element.children and element.text.strip():
        data["#text"] = element.text
    return data


# Writing


@define(eq=False)
class _Node:
    """An element to write: children are elements and text; CDATA is a tuple of its text."""

    name: str
    namespace: str = ""
    prefix: str = ""
    attributes: list[tuple[str, str, str, str]] = field(factory=list[Any])
    children: list[Any] = field(factory=list[Any])


def xml_body(
    value: Any,
    type_: Any,
    xml: Mapping[str, Any],
    media_type: str = "application/xml",
) -> Body | None:
    """An XML body; text and bytes as they are, None for no body. `xml` is that of the root element, with its name.

    Raises ValueError for a control character and for a key that is no name, which XML cannot hold.
    """
    if value is None or value is UNSET:
        return None
    if isinstance(value, (str, bytes, bytearray)):
        return Body(
            media_type, value.encode() if isinstance(value, str) else bytes(value)
        )
    nodes = _build(value, type_, {"node": "element", **xml}, xml.get("name", "root"))
    charset = read_parameters(media_type).get("charset", "UTF-8")
    text = f'<?xml version="1.0" encoding="{charset}"?>\n{_write_root(nodes[0])}'
    return Body(media_type, text.encode(charset, "xmlcharrefreplace"))


def xml_part(type_: Any, xml: Mapping[str, Any]) -> Callable[[Any], bytes]:
    """What writes a part of a multipart body as an XML document."""

    def write(value: Any) -> bytes:
        body = xml_body(value, type_, xml)
        return body.content if body else b""

    return write


def _build(value: Any, type_: Any, xml: Mapping[str, Any], name: str) -> list[_Node]:
    """The elements of a value: one, or one for each item of an array without an element of its own."""
    name = xml.get("name", name)
    node = _Node(_check_name(name), xml.get("namespace", ""), xml.get("prefix", ""))
    if isinstance(value, (list, tuple, set, frozenset)):
        items = cast("list[Any]", value)
        lists = [t for t in _members(type_) if typing.get_origin(t) in (list, tuple)]
        args = typing.get_args(lists[0]) if lists else (Any,)
        item_xml = {"node": "element", **xml.get("items", _NOTHING)}
        for i, item in enumerate(items):
            node.children += _build(item, args[min(i, len(args) - 1)], item_xml, name)
        return [node] if xml.get("node") == "element" else node.children
    if value is None:
        node.attributes.append(("nil", _XSI, "xsi", "true"))
    elif isinstance(value, (ApiModel, Mapping)):
        _fill(node, value, type_, xml)
    else:
        node.children.append(_text(value))
    return [node]


def _fill(node: _Node, value: Any, type_: Any, xml: Mapping[str, Any]) -> None:
    """Adds the content of an object to its element."""
    values = xml.get("values", _NOTHING)
    additional: Any = Any
    if not isinstance(value, ApiModel):
        # A dict for a model is read as one, to know its elements.
        read = get_reader(type_).read(to_json(value))
        value = read if isinstance(read, ApiModel) else value
        maps = [t for t in _members(type_) if typing.get_origin(t) is dict]
        additional = typing.get_args(maps[0])[1] if maps else Any
    pairs: Mapping[str, Any] = {}
    if isinstance(value, ApiModel):
        for p in _properties(type(value)):
            item = getattr(value, p.attribute)
            if item is not UNSET:
                _add_property(node, p, item)
        pairs, additional = value.additional_properties, _additional_type(type(value))
    else:
        pairs = value
    for key, item in pairs.items():
        if key == "#text":
            node.children.append(_text(item))
        elif key.startswith("@"):
            node.attributes.append((_check_name(key[1:]), "", "", _text(item)))
        elif item is not UNSET:
            node.children += _build(item, additional, values, key)


def _add_property(node: _Node, p: _Property, value: Any) -> None:
    kind = p.xml.get("node")
    if kind == "attribute":
        if value is not None:
            name = _check_name(p.xml.get("name", p.json_name))
            is_list = isinstance(value, (list, tuple))
            texts = [_text(v) for v in cast("list[Any]", value if is_list else [value])]
            namespace, prefix = p.xml.get("namespace", ""), p.xml.get("prefix", "")
            node.attributes.append((name, namespace, prefix, " ".join(texts)))
    elif kind in ("text", "cdata"):
        if value is not None:
            node.children.append(_text(value) if kind == "text" else (_text(value),))
    elif kind == "none" and isinstance(value, (ApiModel, Mapping)):
        _fill(node, value, Union[p.types], p.xml)
    elif p.is_list and isinstance(value, (list, tuple, set, frozenset)):
        # The name of the array itself counts for nothing: its items have their own or that of the property.
        xml = {k: v for k, v in p.xml.items() if k == "items"}
        node.children += _build(value, Union[p.types], xml, p.json_name)
    else:
        node.children += _build(value, Union[p.types], p.xml, p.json_name)


def _text(value: Any) -> str:
    data = to_json(value)
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, JsonFloat):
        return data.text
    if isinstance(data, float):
        names = {math.inf: "INF", -math.inf: "-INF"}
        return names.get(data, "NaN" if data != data else repr(data))
    text = str(data)
    if forbidden := _FORBIDDEN.search(text):
        raise ValueError(f"XML cannot contain the character U+{ord(forbidden[0]):04X}")
    return text


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of an element or attribute")
    return name


_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_TEXT = str.maketrans(_ESCAPES)
_IN_ATTRIBUTE = str.maketrans({**_ESCAPES, '"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def _write_root(root: _Node) -> str:
    """The root element, with the declarations of all prefixes."""
    prefixes: dict[str, str] = {}
    todo = [root]
    while todo:
        node = todo.pop(0)
        for prefix, uri in _bindings(node):
            if prefix:
                prefixes.setdefault(prefix, uri)
        todo += [c for c in node.children if isinstance(c, _Node)]
    return _write(root, {}, prefixes)


def _bindings(node: _Node) -> list[tuple[str, str]]:
    """The prefixes that the names of an element and its attributes need, with their namespaces."""
    pairs = [(node.prefix, node.namespace)] if node.namespace else []
    # An attribute without a prefix is in no namespace.
    pairs += [(p or "ns", uri) for _, uri, p, _ in node.attributes if uri]
    return pairs


def _write(node: _Node, scope: Mapping[str, str], new: Mapping[str, str]) -> str:
    """An element. `scope` are the prefixes that are declared around it, `new` those that it has to declare."""
    needed = {p: uri for p, uri in _bindings(node) if {**scope, **new}.get(p) != uri}
    declared = {**new, **needed}
    scope = {**scope, **declared}
    head = name = _qualify(node.name, node.namespace, node.prefix, scope)
    for prefix, uri in declared.items():
        attribute = f"xmlns:{prefix}" if prefix else "xmlns"
        head += f' {attribute}="{uri.translate(_IN_ATTRIBUTE)}"'
    for attribute, uri, prefix, text in node.attributes:
        qualified = _qualify(attribute, uri, prefix or "ns", scope)
        head += f' {qualified}="{text.translate(_IN_ATTRIBUTE)}"'
    content = "".join(_write_child(child, scope) for child in node.children)
    return f"<{head}>{content}</{name}>" if content else f"<{head}/>"


def _write_child(child: Any, scope: Mapping[str, str]) -> str:
    if isinstance(child, _Node):
        return _write(child, scope, {})
    if isinstance(child, tuple):
        text = str(cast("tuple[str]", child)[0])
        return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"
    return str(child).translate(_IN_TEXT)


def _qualify(name: str, uri: str, prefix: str, scope: Mapping[str, str]) -> str:
    return f"{prefix}:{name}" if uri and prefix and scope.get(prefix) == uri else name
