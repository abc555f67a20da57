"""Text and types as Markdown (GitHub's, with tables)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from orcagen.plan.model import Type
from orcagen.plan.text import one_line
from orcagen.render.types import Notation

_CODE = re.compile(r"(```.*?```|~~~.*?~~~|`[^`\n]+`)", re.DOTALL)
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>#|~&])")
# Links to what is no page, such as `javascript:`.
_SCHEME = re.compile(r"(\]\(|\]:)\s*<?\s*(?!https?:|mailto:)[a-z][\w+.-]*:", re.IGNORECASE)
_TOKEN = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|([^\W\d]\w*)|(.)""", re.DOTALL)
_PLAIN = Notation()


def escape(text: str) -> str:
    """Text that is no Markdown, such as a title or a name of the document, on one line."""
    return _PUNCTUATION.sub(r"\\\1", one_line(text))


def markdown_text(text: str) -> str:
    """A description of the document (CommonMark), which cannot change what is around it: no HTML, no headings, no code
    that does not end."""
    for fence in ("```", "~~~"):
        if len(re.findall(rf"^ *{fence}", text, re.MULTILINE)) % 2:
            text += f"\n{fence}"
    parts = enumerate(_CODE.split(text))
    return "".join(part if i % 2 else _tame(part) for i, part in parts).strip()


def cell(text: str) -> str:
    """A description in a cell of a table."""
    return markdown_text(one_line(text)).replace("\\|", "|").replace("|", "\\|")


def code(text: str) -> str:
    """Text as code, also in a cell of a table."""
    text = one_line(text)
    ticks = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{ticks}{space}{text}{space}{ticks}".replace("|", "\\|")


def link_types(type_: Type, pages: Mapping[str, str]) -> str:
    """A type, with links to the pages of its models by their symbols."""

    def write(token: re.Match[str]) -> str:
        text = escape(token[0]) if token[0].strip() else token[0]
        return f"[{text}]({pages[token[0]]})" if token[2] and token[0] in pages else text

    return _TOKEN.sub(write, _PLAIN.format(type_))


def clean_page(text: str) -> str:
    """A page without runs of empty lines, which descriptions that are not there leave."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _tame(text: str) -> str:
    text = re.sub(r"<(?!https?://[^\s<>]+>)", "&lt;", text)
    text = _SCHEME.sub(r"\1#", text)
    text = re.sub(r"^ {0,3}#{1,6} +(.*?)#*$", r"**\1**", text, flags=re.MULTILINE)
    return re.sub(r"^( {0,3})([=-]+) *$", r"\1\\\2", text, flags=re.MULTILINE)
