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
    if len(lines) == 1 and indent + len(lead + first) + 6 <= WIDTH:
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


_LONE_STRING = re.compile(r""" +(?:"[^"\\]*"|'[^'\\]*')(?:: (?:"[^"\\]*"|'[^'\\]*'))?,?""")
