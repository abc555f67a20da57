"""Folds the long lines of generated modules as black does.

Templates write a statement on one line, or one item per line with a trailing comma. `split` splits those that are too
long, by black's rules; a line that fits stays. What `split` does not claim is left to black, a top-level definition at
a time. Either way the bytes are black's: with `fold=False`, which leaves all to black, they are the same.

Input is expected with black's blank lines, spaces, quotation marks and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from orcagen.render.split import NARROW, WIDTH, Unclaimed, split_statement

_GAP = "\n\n\n"  # between top-level definitions
_PARALLEL = 40  # pieces for black from which on several processes pay

# Left to black, with the whole module: comments that switch it off, white space and quotes that it replaces, gaps
# inside a block, and gaps before a string, which black would take for the docstring of a module if it were alone.
_UNCLAIMED_MARKS = ("# fmt:", "# yapf:", "\t", "\r", "\f", "\v", "'''", _GAP + " ", _GAP + '"')


class _Piece(NamedTuple):
    text: str
    is_pyi: bool


def format_modules(files: Mapping[str, str], *, fold: bool = True) -> dict[str, str]:
    """Modules by path, as black leaves them. Files of other kinds are returned as they are.

    With `fold=False` black formats all of them.
    """
    pieces = {
        path: [
            _Piece(piece, path.endswith(".pyi"))
            for piece in (_split_module(text) if fold else [text])
        ]
        for path, text in files.items()
        if path.endswith((".py", ".pyi"))
    }
    once = dict.fromkeys(piece for parts in pieces.values() for piece in parts)
    folded = {piece: fold_piece(piece.text) if fold else None for piece in once}
    formatted = {piece: text for piece, text in folded.items() if text is not None}
    unclaimed = [piece for piece in once if piece not in formatted]
    formatted.update(zip(unclaimed, _run_black(unclaimed), strict=True))
    return dict(files) | {
        path: _GAP.join(formatted[piece] for piece in parts) for path, parts in pieces.items()
    }


def format_module(text: str, *, fold: bool = True) -> str:
    """A module as black leaves it. With `fold=False` black formats all of it."""
    return format_modules({".py": text}, fold=fold)[".py"]


def _run_black(pieces: list[_Piece]) -> list[str]:
    if len(pieces) < _PARALLEL:
        return [_black(piece) for piece in pieces]
    import concurrent.futures

    with concurrent.futures.ProcessPoolExecutor() as pool:
        return list(pool.map(_black, pieces, chunksize=8))


def _black(piece: _Piece) -> str:
    import black  # late, because most packages do not need it
    from black.mode import TargetVersion

    mode = black.Mode(target_versions={TargetVersion.PY311}, is_pyi=piece.is_pyi)
    text = black.format_str(piece.text, mode=mode)
    return text.rstrip("\n") + "\n" * piece.text.endswith("\n")


def _split_module(text: str) -> list[str]:
    """Top-level definitions and what is between them; the whole text where black must not see a piece alone."""
    pieces = text.split(_GAP)
    is_gap_in_docstring = any(piece.count('"""') % 2 for piece in pieces)
    return [text] if is_gap_in_docstring or _is_unclaimed(text) else pieces


def _is_unclaimed(text: str) -> bool:
    return any(mark in text for mark in _UNCLAIMED_MARKS)


# Lines that black leaves as they are: docstrings of one line, and code that fits, without brackets but for those behind
# a name, and without a comma at their end.
_STRING_INSIDE = r"""(?<!")"[ !#-\[\]-~]*"(?!")"""
_INNER = r"(?<=[A-Za-z0-9_])\[[A-Za-z0-9_ .|]*\]"
_ITEMS = rf"""(?:[A-Za-z0-9_ .:=|*>-]++|,(?=[ ][A-Za-z0-9_*"])|{_STRING_INSIDE}|{_INNER})*+"""
_STABLE = rf"""
    (?:
        [ ]*\"{{3}}[^\s"\\](?:[^"\\\n]*[^\s"\\])?\"{{3}}
      | (?![ ]*")(?=.{{1,88}}$)
        (?:[A-Za-z0-9_ .:=|@>-]++|(?<=[A-Za-z0-9_])[\[(]{_ITEMS}[\])]|(?<==[ ]){_STRING_INSIDE})*+(?<![ ])
    )$"""
# Such lines with the empty ones between them, a string in triple quotes as a statement, or another line.
_UNIT = re.compile(
    rf"""^({_STABLE}(?:\n+{_STABLE})*+)
      | ^([ ]*)\"{{3}}[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*\"{{3}}$
      | ^.*$""",
    re.MULTILINE | re.VERBOSE,
)

# A docstring that black leaves as it is: no white space around the text and at the end of lines, no escapes that it
# spells otherwise; the closing quotes follow the only line, or have a line of their own.
_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\(?:[xuUN]|\s*\n)")
_DOCSTRING = re.compile(
    r"""
    ([ ]*)\"{3}(?:[^\s"]|[ ]")
    (?:
        (?:.*[^\s"]|.*"[ ])?\"{3}
      | (?>(?:.*\S)?)
        (?=[\s\S]*\n\1(?!\"{3})\S)  # some line is indented as the quotes are
        (?:\n(?:\1[ ]*\S(?:.*\S)?)?)*
        \n\1\"{3}
    )""",
    re.VERBOSE,
)

# What black may change in a line that fits: trailing commas, redundant parentheses, numbers; and continued lines.
_UNSTABLE = re.compile(
    r""",[)\]}] | [\[{]\( | (?:[=>:]|\b(?:return|import|if|while))[ ]\( | \d[eE]\+ | [,\\]$""",
    re.VERBOSE,
)


def fold_piece(piece: str) -> str | None:
    """A statement, or a definition with its body, as black leaves it. None where black has to decide."""
    if _is_unclaimed(piece):
        return None
    out: list[str] = []
    statement: list[str] = []  # the lines so far of a statement with open brackets
    depth = 0
    for unit in _UNIT.finditer(piece):
        text = unit[0]
        if unit[1] is not None:
            if not statement:
                out.append(text)
                continue
            if '"""' in text:
                return None
            statement += text.split("\n")
            continue
        if unit[2] is not None:
            has_escape = "\\" in text and _ESCAPE.search(text)
            if statement or has_escape or not _DOCSTRING.fullmatch(text):
                return None
            out.append(text)
            continue
        if '"""' in text or (not statement and text.lstrip(" ").startswith(("'", '"'))):
            return None
        depth += _count_open_brackets(text)
        if not statement and depth == 0 and _fits(text) and not _UNSTABLE.search(text):
            out.append(text)
            continue
        statement.append(text)
        if depth == 0:
            try:
                out += split_statement(statement)
            except Unclaimed:
                return None
            statement = []
    return None if statement else "\n".join(out)


_BRACKET = re.compile(r"[()\[\]{}]")
_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")


def _count_open_brackets(line: str) -> int:
    if not _BRACKET.search(line):
        return 0
    code = _STRING.sub("", line)
    return sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))


def _fits(line: str) -> bool:
    # No character takes more than two columns.
    return len(line) <= WIDTH // 2 or (len(line) <= WIDTH and bool(NARROW.fullmatch(line)))
