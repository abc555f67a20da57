"""Text in black's layout: what fits a line stays on it, the rest goes one item a line with a trailing comma."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from orcagen.plan.text import literal

WIDTH = 88


def docstring(text: str, indent: int = 0) -> str:
    """A docstring of harmless prose. Nothing in it can end it."""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    margin = " " * indent
    lines = [
        part
        for line in _joined(text.split("\n"), WIDTH - indent)
        for part in _wrapped(line, WIDTH - indent)
    ]
    lines = _dedented(lines)
    first = lines[0] if lines else ""
    lead = " " if first.startswith('"') else ""
    if len(lines) == 1 and indent + len(lead + first) + 6 > WIDTH:
        lines = textwrap.wrap(
            first, WIDTH - indent - 6, break_long_words=False, break_on_hyphens=False
        )
        first = lines[0]
    if len(lines) <= 1:
        end = " " if first.endswith('"') else ""
        return f'{margin}"""{lead}{first}{end}"""'
    body = "\n".join(margin + line if line else "" for line in lines[1:])
    return f'{margin}"""{lead}{first}\n' + (body + "\n" if body else "") + f'{margin}"""'


def _joined(lines: list[str], width: int) -> list[str]:
    """Paragraphs that hold a line too long, each as one line, to be wrapped anew. Lists, code and tables stay."""
    out: list[str] = []
    fenced = False
    merge = False
    for line in lines:
        plain = (
            bool(line)
            and line[0] not in " -*+#|>`"
            and not re.match(r"\d+[.)] |\w+:$", line)
            and not fenced
        )
        if line.lstrip().startswith("```"):
            fenced = not fenced
            plain = False
        if plain and merge:
            out[-1] += " " + line
        else:
            out.append(line)
        merge = plain and len(out[-1]) > width - 3
    return out


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width - 3:
        return [line]
    start = re.match(r" *(?:[-*+] +|\d+[.)] +)?", line)
    lead = len(start[0]) if start else 0
    space = re.match(" *", line)
    if re.match(r" {4}\w+: ", line):  # an entry of a list of arguments or attributes
        lead = 8
    hang = " " * (lead if lead < width // 2 else 0)
    initial = space[0] if space else ""
    return textwrap.wrap(
        line.strip(),
        width - 3,
        initial_indent=initial,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def _dedented(lines: list[str]) -> list[str]:
    """Black takes the common indentation of all lines but the first away."""
    rest = [line for line in lines[1:] if line.strip()]
    common = min((len(line) - len(line.lstrip()) for line in rest), default=0)
    return [lines[0].strip(), *(line[common:].rstrip() for line in lines[1:])] if lines else []


def value(data: Any, indent: int, column: int, after: int = 1) -> str:
    """A literal of JSON data. `column` is where it starts, `after` how many characters follow its end."""
    line = flat(data)
    if (
        column + len(line) + after <= WIDTH
        or not isinstance(data, (Mapping, list, tuple))
        or not data
    ):
        return line
    inner = " " * (indent + 4)
    if isinstance(data, Mapping):
        lines = []
        for k, v in data.items():
            key = literal(k) + ": "
            lines.append(f"{inner}{key}{value(v, indent + 4, indent + 4 + len(key))},\n")
        return "{\n" + "".join(lines) + " " * indent + "}"
    items = "".join(f"{inner}{value(v, indent + 4, indent + 4)},\n" for v in data)
    open_, close = ("[", "]") if isinstance(data, list) else ("(", ")")
    return open_ + "\n" + items + " " * indent + close


def flat(data: Any) -> str:
    if isinstance(data, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {flat(v)}" for k, v in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(flat(v) for v in data) + "]"
    if isinstance(data, tuple):
        return "(" + ", ".join(flat(v) for v in data) + (",)" if len(data) == 1 else ")")
    return literal(data)


def listed(before: str, items: Iterable[str], after: str, indent: int = 0) -> str:
    """Items in brackets, on one line if they fit."""
    items = list(items)
    line = before + ", ".join(items) + after
    if indent + len(line) <= WIDTH or not items:
        return line
    margin = " " * (indent + 4)
    return before + "\n" + "".join(f"{margin}{item},\n" for item in items) + " " * indent + after


def too_long(text: str) -> bool:
    """Whether a line of code is too long for black to leave as it is; docstrings and lone strings do not count."""
    quoted = False
    for line in text.split("\n"):
        marks = line.count('"""')
        if not quoted and not marks and len(line) > WIDTH and not _LONE_STRING.fullmatch(line):
            return True
        quoted ^= marks % 2 == 1
    return False


# A lone name or string, an import under its own name, an entry of two strings, the line before a bracket.
_LONE_STRING = re.compile(
    r""" *(?:\w+ as \w+|[\w.]+|(?:[\w*]+=)?(?:"[^"\\]*"|'[^'\\]*')(?:: (?:"[^"\\]*"|'[^'\\]*'))?),?"""
    r"""|class \w+\(| *from [\w.]+ import \(| +\| \w+| +\w+: \w+"""
)


# Annotations. What is not foreseen here stays on its long line, and black breaks it.


def annotated(target: str, type_: str, value: str = "", indent: int = 4, end: str = "") -> str:
    """`target: type_ = value`, with `end` behind it."""
    tail = (f" = {value}" if value else "") + end
    line = f"{target}: {type_}{tail}"
    if indent + len(line) <= WIDTH:
        return line
    if (call := _call(value)) and indent + len(f"{target}: {type_} = {call[0]}(") <= WIDTH:
        broken = _arguments(call[1], indent)
        return f"{target}: {type_} = {call[0]}({broken}){end}" if broken else line
    head = f"{target}: {type_} = ("
    if value and not end and indent + len(head) <= WIDTH:
        inner, margin = value, " " * (indent + 4)
        if indent + 4 + len(value) > WIDTH:
            arguments = _arguments(call[1], indent + 4) if call else None
            inner = f"{call[0]}({arguments})" if call and arguments else ""
        if inner:
            return f"{head}\n{margin}{inner}\n{' ' * indent})"
    if not value and _is_atom(type_) and indent + 4 + len(type_) > WIDTH:
        return line
    broken = _broken(type_, indent, len(target) + 2, len(tail))
    if broken is None:
        return line
    last = broken.rpartition("\n")[2]
    if len(last) + len(tail) <= WIDTH:
        return f"{target}: {broken}{tail}"
    if call and (arguments := _arguments(call[1], indent)):
        return f"{target}: {broken} = {call[0]}({arguments}){end}"
    return line


def alias(name: str, type_: str) -> str:
    """`name: TypeAlias = type_`."""
    head = f"{name}: TypeAlias = "
    if len(head) + len(type_) <= WIDTH:
        return head + type_
    return head + (_broken(type_, 0, len(head), 0) or type_)


def assigned(target: str, type_: str, function: str, argument: str) -> str:
    """`target: type_ = function(argument)`."""
    head, call = f"{target}: {type_} = ", f"{function}({argument})"
    line = head + call
    if len(line) <= WIDTH:
        return line
    if len(f"{head}{function}(") <= WIDTH:
        return f"{head}{function}(\n    {argument}\n)"
    if len(head) + 1 <= WIDTH and len(call) + 4 <= WIDTH:
        return f"{head}(\n    {call}\n)"
    broken = _broken(type_, 0, len(target) + 2, len(call) + 3)
    last = (broken or "").rpartition("\n")[2]
    return f"{target}: {broken} = {call}" if broken and len(last) + len(call) + 3 <= WIDTH else line


def returned(type_: str, arguments: bool) -> str:
    """What stands between `->` and the colon where the whole line is too long."""
    if arguments:
        return _broken(type_, 0, 5, 1) or type_ if len(f") -> {type_}:") > WIDTH else type_
    return f"(\n    {type_}\n)" if len(type_) + 4 <= WIDTH else type_


def class_line(name: str, base: str) -> str:
    line = f"class {name}({base}):"
    return line if len(line) <= WIDTH else f"class {name}(\n    {base}\n):"


def _broken(type_: str, indent: int, column: int, after: int) -> str | None:
    """A type over several lines. `column` counts from the indentation."""
    inner = " " * (indent + 4)
    if len(_split(type_, " | ")) == 1 and (subscript := _subscript(type_)):
        if indent + column + len(subscript[0]) + 1 > WIDTH:
            return None
        body = _inside(subscript[1], indent + 4)
        return f"{subscript[0]}[\n{body}\n{' ' * indent}]" if body else None
    if indent + 4 + len(type_) <= WIDTH:
        return f"(\n{inner}{type_}\n{' ' * indent})"
    body = _members(type_, indent + 4) if len(_split(type_, " | ")) > 1 else None
    return f"(\n{body}\n{' ' * indent})" if body else None


def _inside(text: str, indent: int) -> str | None:
    """What stands between brackets, on lines of its own."""
    margin = " " * indent
    if indent + len(text) <= WIDTH:
        return margin + text
    parts = _split(text, ", ")
    if len(parts) == 1:
        return _members(text, indent)
    out = []
    for part in parts:
        if indent + len(part) + 1 <= WIDTH or _is_atom(part):
            out.append(f"{margin}{part},")
        elif len(_split(part, " | ")) == 1 and (broken := _broken(part, indent, 0, 1)):
            out.append(f"{margin}{broken},")
        else:
            return None
    return "\n".join(out)


def _members(text: str, indent: int) -> str | None:
    """The members of a union, one a line, or one thing that is no union."""
    margin = " " * indent
    out = []
    for i, part in enumerate(_split(text, " | ")):
        lead = "| " if i else ""
        if indent + len(lead) + len(part) <= WIDTH or _is_atom(part):
            out.append(f"{margin}{lead}{part}")
        elif broken := _broken(part, indent, len(lead), 0):
            out.append(f"{margin}{lead}{broken}")
        else:
            return None
    return "\n".join(out)


def _arguments(text: str, indent: int) -> str | None:
    margin = " " * (indent + 4)
    if indent + 4 + len(text) <= WIDTH:
        return f"\n{margin}{text}\n{' ' * indent}"
    parts = _split(text, ", ")
    lines = [_argument(part, indent + 4) for part in parts]
    if len(parts) == 1 or None in lines:
        return None
    return "\n" + "".join(f"{margin}{line},\n" for line in lines) + " " * indent


def _argument(text: str, indent: int) -> str | None:
    """A keyword argument with the comma behind it; a dict that is too long goes on a line of its own."""
    if indent + 1 + len(text) <= WIDTH:
        return text
    found = re.fullmatch(r"(\w+=)\{(.*)\}", text)
    if not found or (indent + 4 + len(found[2]) > WIDTH and not _LONE_STRING.fullmatch(found[2])):
        return None
    return f"{found[1]}{{\n{' ' * (indent + 4)}{found[2]}\n{' ' * indent}}}"


def _call(text: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"(\w+)\((.*)\)", text)
    return (found[1], found[2]) if found else None


def _subscript(text: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"(\*?\w+)\[(.*)\]", text)
    return (found[1], found[2]) if found else None


def _is_atom(text: str) -> bool:
    return not re.search(r"[\[( ]", re.sub(_STRING, "", text))


_STRING = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_TOKEN = re.compile(rf"{_STRING}|[\[\](){{}}]")


def _split(text: str, separator: str) -> list[str]:
    """Splits where the separator stands outside strings and brackets."""
    if separator not in text:
        return [text]
    depth, start, out = 0, 0, []
    at = 0
    while at < len(text):
        if text[at] in "\"'[](){}":
            token = _TOKEN.match(text, at)
            assert token is not None
            depth += 1 if token[0] in "[({" else -1 if token[0] in "])}" else 0
            at = token.end()
        elif depth == 0 and text.startswith(separator, at):
            out.append(text[start:at])
            at += len(separator)
            start = at
        else:
            at += 1
    return [*out, text[start:]]
