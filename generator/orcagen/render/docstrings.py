"""Docstrings: what they say about functions, classes and fields, and their layout."""

from __future__ import annotations

import re
import textwrap
from http import HTTPStatus
from typing import Any

from orcagen.openapi.vendor_extensions import ValueName
from orcagen.plan.model import Documentation, Field, Function, ModelClass, Package, TypeAliasPlan
from orcagen.plan.text import one_line
from orcagen.render.literals import literal

WIDTH = 88
# The exceptions of the support code by status; ServerError for the others from 500, HTTPStatusError for the rest.
_ERRORS = {
    "304": "NotModifiedError",
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "402": "PaymentRequiredError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
}
_MAX_EXAMPLE = 10  # lines
_MAX_DEFAULT = 60  # characters of a documented default


def document_package(package: Package) -> str:
    version = f" {package.version}" if package.version else ""
    use = ""
    if package.apis:
        api = package.apis[0]
        name = api.functions[0].name
        use = (
            f"A client has the operations as methods: `client.{api.attribute}.{name}(...)` sends a request. "
            f"`api.{api.name}.{name}(...)` builds it as a value, for `client.send`.\n\n"
        )
    return (
        f"{package.title}{version}\n\n{package.description}\n\n{use}"
        f"Generated from {package.source}. Do not edit: change the document and generate again."
    )


def document_function(f: Function) -> str:
    summary, description = f.summary, f.description
    if not summary and description:
        summary, _, description = description.partition("\n\n")
        summary = one_line(summary)
    if description.startswith(summary):
        description = description[len(summary) :].strip()
    parts = [summary or f"{f.method} {one_line(f.path_template)}", description]
    if f.deprecated:
        parts.append("Deprecated.")
    arguments = [(a.name, describe(a.name, a.documentation)) for a in f.arguments]
    if f.body:
        arguments.append(("body", f.body.description))
    if f.results:
        asked = f.accept or "all of them"
        arguments.append(("accept", f"The media type to ask for. Default: {asked}."))
    parts.append(_list_entries("Args", arguments))
    parts += _document_responses(f)
    if f.headers_class:
        parts.append(f"Response headers: `{f.headers_class}`.")
    if f.links_class:
        parts.append(f"Response links: `{f.links_class}`.")
    if f.body and f.body.example is not None:
        required = "".join(f"{a.name}, " for a in f.arguments if a.required)
        parts.append(_show_example(f"{f.name}({required}body=", f.body.example, ")"))
    return "\n\n".join(part for part in parts if part)


def _document_responses(f: Function) -> list[str]:
    """What the responses mean, where the document says more than their status does."""
    described = [r for r in f.responses if not repeats(r.description, _phrase(r.status))]
    success = [f"    {r.description}" for r in described if r.is_success]
    errors = [
        (name_error(r.status), f"{r.status}: {r.description}")
        for r in described
        if not r.is_success
    ]
    return ["\n".join(["Returns:", *success]) if success else "", _list_entries("Raises", errors)]


def name_error(status: str) -> str:
    return _ERRORS.get(status, "ServerError" if status[0] == "5" else "HTTPStatusError")


def _phrase(status: str) -> str:
    """The reason phrase of a status (RFC 9110, section 15)."""
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return ""


_FILLER = frozenset(
    "a an the this that is was of resource response responses error success successful successfully".split()
)


_WORD = re.compile(r"[^\W_]+")


def repeats(text: str, name: str) -> bool:
    """Whether a description adds nothing to a name: `The pet id.` of `petId`."""
    repeated = {word.lower() for word in _WORD.findall(name)} | _FILLER
    return all(match[0].lower() in repeated for match in _WORD.finditer(text))


def document_class(x: ModelClass) -> str:
    example = "" if x.example is None else _show_example(f"{x.symbol}.from_dict(", x.example, ")")
    return "\n\n".join(part for part in (x.description, example) if part)


def _show_example(start: str, value: Any, end: str) -> str:
    """An example as it is typed at a prompt; nothing for one that is long."""
    width = WIDTH - 4 - 3 - 4 - 4  # without margin, quotes, indentation and prompt
    lines = _lay_out(start, value, end, width)
    if len(lines) > _MAX_EXAMPLE or any(len(_escape(line)) > width for line in lines):
        return ""
    first, *others = lines
    return "\n".join(["Examples:", f"    >>> {first}", *(f"    ... {line}" for line in others)])


def _lay_out(start: str, value: Any, end: str, width: int) -> list[str]:
    """A value on one line, or with one item per line where it is longer than the width."""
    text = start + literal(value) + end
    if len(_escape(text)) <= width or not value or not isinstance(value, (dict, list)):
        return [text]
    margin = start[: len(start) - len(start.lstrip())]
    inner = margin + "    "
    if isinstance(value, dict):
        items = [(f"{inner}{literal(k)}: ", v) for k, v in value.items()]
    else:
        items = [(inner, v) for v in value]
    lines = [line for lead, v in items for line in _lay_out(lead, v, ",", width)]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return [start + opening, *lines, margin + closing + end]


def document_field(f: Field) -> str:
    return describe(f.name, f.documentation)


def document_webhooks(package: Package) -> str:
    events = [(one_line(w.name), w.description or "An event.") for w in package.webhooks]
    return (
        f"Events that {package.title} sends: verify requests and read their bodies.\n\n"
        "`unwrap` raises `WebhookVerificationError` for a request that is not signed with the secret. `parse` reads a body "
        "without verifying it, `sign` makes the headers of a request for tests.\n\n"
        + _list_entries("Webhooks and callbacks", events)
    )


def document_alias(x: TypeAliasPlan) -> str:
    return f"{x.description}\n\n{describe(x.symbol, x.documentation)}".strip()


def document_options(package: Package) -> str:
    options = [(o.name, o.description) for o in package.options] + [
        (
            "timeout",
            "Seconds for a whole call; for the body of a stream, those for each part. Or an `httpx.Timeout`. Default: 60.",
        ),
        (
            "max_response_size",
            "Bytes, decompressed, that `send` reads of a body at most; `stream` has no limit. Default: 1 GiB.",
        ),
        (
            "strict",
            "Whether a body that does not fit the document is a DecodingError. Default: False, and it is kept as it came.",
        ),
        (
            "validate_requests",
            "Whether a request that does not fit the document is an InvalidRequestError, and not sent. Default: False."
            if package.validate_requests
            else "",
        ),
        ("headers", "Sent with every request."),
        ("server_variables", "Values for the variables in the URLs of the servers."),
        ("retries", "When to send a call again; see `Retries`. Default: every call is sent once."),
        ("polling", "When to look tasks up; see `Polling`." if package.has_tasks else ""),
        ("event_hooks", "Functions to call with each request and response; see `EventHooks`."),
        (
            "on_upload",
            "Called with each piece of a request body: the bytes so far, and how many there are, if that is known."
            if package.has_files
            else "",
        ),
        ("on_download", "The same for response bodies." if package.has_files else ""),
        (
            "allow_private",
            "Whether `download` may use addresses that are not public, other than that of `base_url`. Default: only if that"
            " is not public."
            if package.downloads
            else "",
        ),
        ("http2", "Whether HTTP/2 is offered; needs the extra `http2` of the HTTP library."),
        ("proxy", "The URL of a proxy (http, https, socks5). Default: those of the environment."),
        (
            "verify",
            "A file or folder of trusted certificates (PEM), an SSLContext, or False for no verification.",
        ),
        (
            "client_cert",
            "A file with the client's certificate and its key (PEM), or those two and a password.",
        ),
        (
            "http_client",
            "An `httpx` (or `httpx2`) client to send with. The caller owns and closes it.",
        ),
    ]
    return "Keyword arguments of the clients.\n\n" + _list_entries("Attributes", options)


def _list_entries(title: str, entries: list[tuple[str, str]]) -> str:
    lines = [f"    {name}: {text}" for name, text in entries if text]
    return "\n".join([f"{title}:", *lines]) if lines else ""


def describe(name: str, d: Documentation) -> str:
    """A field or an argument in one paragraph: its text, the names of its values, its flags, constraints and default."""
    text = "" if not d.text or repeats(d.text, name) else d.text
    text = text if not text or text[-1] in ".!?:;" else text + "."
    parts = [text]
    if d.value_names:
        parts.append(_describe_values(d.value_names))
    if d.deprecated:
        parts.append("Deprecated.")
    if d.read_only:
        parts.append("Set by the server.")
    if d.write_only:
        parts.append("Never in a response.")
    if d.constraints:
        limits = (f"{c.keyword}={_format_limit(c.value)}" for c in d.constraints)
        parts.append(f"({', '.join(one_line(limit) for limit in limits)})")
    parts.append(_describe_default(d.default, d.text))
    return " ".join(part for part in parts if part)


def _describe_values(value_names: tuple[ValueName, ...]) -> str:
    texts = []
    for v in value_names:
        said = [text.rstrip(".") for text in (v.name, v.description) if text]
        texts.append(f"{v.value} = {': '.join(said)}")
    return f"Values: {one_line(', '.join(texts))}."


def _format_limit(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _describe_default(value: Any, text: str) -> str:
    """A default in words, unless it is long or not a scalar, or the text mentions it."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    default = literal(value)
    mention = rf"\bdefault\w*\W+(?:\w+\W+){{0,3}}?{re.escape(str(value))}(?!\w)"
    if len(default) > _MAX_DEFAULT or re.search(mention, text, re.IGNORECASE):
        return ""
    return f"Default: {one_line(default)}."


# Layout. black leaves the lines of a docstring as they are, so long ones are wrapped here.


def docstring(text: str, indent: int = 0) -> str:
    """The text as a docstring, wrapped and indented. No text of the document can end it."""
    text = _escape(text.rstrip())
    margin = " " * indent
    width = WIDTH - indent
    if len(text) + 6 <= width and "\n" not in text and '"' not in text:  # as most are
        return f'{margin}"""{text.strip()}"""'
    lines = [
        part for line in _join_paragraphs(text.split("\n"), width) for part in _wrap(line, width)
    ]
    lines = _dedent(lines)
    first = lines[0] if lines else ""
    lead = " " if first.startswith('"') else ""
    if len(lines) == 1 and len(lead + first) + 6 > width:
        lines = _fill(first, width - 6)
        first = lines[0]
    if len(lines) <= 1:
        end = " " if first.endswith('"') else ""
        return f'{margin}"""{lead}{first}{end}"""'
    body = "\n".join(margin + line if line else "" for line in lines[1:])
    return f'{margin}"""{lead}{first}\n' + (body + "\n" if body else "") + f'{margin}"""'


def _escape(text: str) -> str:
    """Text as it is written between the quotes of a docstring."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _join_paragraphs(lines: list[str], width: int) -> list[str]:
    """Paragraphs with a line that is too long, each as one line, to be wrapped again. Lists, code and tables are kept."""
    out: list[str] = []
    in_fence = False
    merge = False
    for line in lines:
        is_prose = (
            bool(line)
            and line[0] not in " -*+#|>`"
            and not re.match(r"\d+[.)] |\w+:$", line)
            and not in_fence
        )
        if line.lstrip().startswith("```"):
            in_fence = not in_fence
            is_prose = False
        if is_prose and merge:
            out[-1] += " " + line
        else:
            out.append(line)
        merge = is_prose and len(out[-1]) > width - 3
    return out


def _wrap(line: str, width: int) -> list[str]:
    if len(line) <= width - 3:
        return [line]
    start = re.match(r" *(?:[-*+] +|\d+[.)] +)?", line)
    lead = len(start[0]) if start else 0
    indentation = re.match(" *", line)
    if re.match(r" {4}\w+: ", line):  # an entry of a list of arguments or attributes
        lead = 8
    hanging = " " * (lead if lead < width // 2 else 0)
    return _fill(line.strip(), width - 3, indentation[0] if indentation else "", hanging)


def _fill(text: str, width: int, first: str = "", other: str = "") -> list[str]:
    """The lines of a paragraph, indented by `first` and `other`."""
    if "  " in text:
        return textwrap.wrap(
            text,
            width,
            initial_indent=first,
            subsequent_indent=other,
            break_long_words=False,
            break_on_hyphens=False,
        )
    # The same without runs of spaces, in a fraction of the time: most of rendering goes into docstrings.
    lines = []
    head, *rest = text.split(" ")
    line = first + head
    for word in rest:
        if len(line) + 1 + len(word) <= width:
            line += " " + word
        else:
            lines.append(line)
            line = other + word
    return [*lines, line]


def _dedent(lines: list[str]) -> list[str]:
    """black removes the common indentation of all lines but the first."""
    rest = [line for line in lines[1:] if line.strip()]
    common = min((len(line) - len(line.lstrip()) for line in rest), default=0)
    return [lines[0].strip(), *(line[common:].rstrip() for line in lines[1:])] if lines else []
