"""Folds the long lines of generated modules as black does: at brackets and delimiters, in 88 columns.

Templates write a statement on one line, or one item per line with a trailing comma. Here only statements that are too
long or span several lines are looked at, and split by black's rules. black itself formats whatever is not claimed, so
the bytes are black's either way: `fold=False` gives the same ones, in forty times the time.

Input is expected with black's blank lines, spaces, quotation marks and numbers.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import accumulate, pairwise
from typing import NamedTuple

WIDTH = 88

_GAP = "\n\n\n"  # between top-level definitions
_PARALLEL = 40  # texts for black from which on several processes pay


def format_modules(files: Mapping[str, str], *, fold: bool = True) -> dict[str, str]:
    """Modules by path, as black leaves them. Files of other kinds are returned as they are."""
    pieces = {
        path: _split_module(text) if fold else [text]
        for path, text in files.items()
        if path.endswith((".py", ".pyi"))
    }
    keys = [(piece, path.endswith(".pyi")) for path in pieces for piece in pieces[path]]
    formatted = {key: fold_piece(key[0]) if fold else None for key in dict.fromkeys(keys)}
    unclaimed = [key for key, text in formatted.items() if text is None]
    formatted.update(zip(unclaimed, _run_black(unclaimed), strict=True))
    modules = {
        path: _GAP.join(formatted[piece, path.endswith(".pyi")] or "" for piece in parts)
        for path, parts in pieces.items()
    }
    return dict(files) | modules


def format_module(text: str, *, fold: bool = True) -> str:
    """A module as black leaves it. With `fold=False` black formats all of it."""
    return format_modules({".py": text}, fold=fold)[".py"]


def _run_black(texts: Sequence[tuple[str, bool]]) -> list[str]:
    if len(texts) < _PARALLEL:
        return [_black(text) for text in texts]
    import concurrent.futures

    with concurrent.futures.ProcessPoolExecutor() as pool:
        return list(pool.map(_black, texts, chunksize=8))


def _black(key: tuple[str, bool]) -> str:
    import black  # takes a fifth of a second, and most runs do not need it

    text, is_pyi = key
    mode = black.Mode(target_versions={black.TargetVersion.PY311}, is_pyi=is_pyi)
    return black.format_str(text, mode=mode).rstrip("\n") + "\n" * text.endswith("\n")


def _split_module(text: str) -> list[str]:
    """Top-level definitions and what is between them; the whole text where black must not see a piece alone."""
    pieces = text.split(_GAP)
    if (
        any(mark in text for mark in _UNCLAIMED_MARKS)
        # The gap is inside a docstring or a block.
        or any(piece.count('"""') % 2 for piece in pieces)
        or any(piece.startswith(" ") for piece in pieces[1:])
        # black would take a leading string for the docstring of a module.
        or any(piece.startswith('"') for piece in pieces[1:])
    ):
        return [text]
    return pieces


# Pieces

# Comments that switch black off, white space that it replaces, and strings that it writes otherwise.
_UNCLAIMED_MARKS = ("# fmt:", "# yapf:", "\t", "\r", "\f", "\v", "'''")

# A string in triple quotes as a statement, or a physical line.
_UNIT = re.compile(r'^( *)"""[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*"""$|^.*$', re.MULTILINE)

_STRING = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")

# Characters that take one column; black counts some others as none or two.
_NARROW = re.compile(r"[ -~\xa0-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e]*")

# What black may change in a line that fits: trailing commas, redundant parentheses, numbers, continued lines.
_UNSTABLE = re.compile(
    r""",[)\]}] | [\[{]\( | (?:[=>:]|\b(?:return|import|if|while))[ ]\( | \d[eE]\+ | \\$""",
    re.VERBOSE,
)

# A docstring that black leaves as it is: no white space around the text and at the end of lines, no escapes that it
# spells otherwise; the closing quotes follow the only line, or have a line of their own.
_DOCSTRING = re.compile(
    r"""
    (?![\s\S]*(?<!\\)(?:\\\\)*\\(?:[xuUN]|\s*\n))
    ([ ]*)\"{3}(?:[^\s"]|[ ]")
    (?:
        (?:.*[^\s"]|.*"[ ])?\"{3}
      | (?:.*\S)?
        (?=[\s\S]*\n\1[^\s"])  # some line is indented as the quotes are
        (?:\n(?:\1[ ]*\S(?:.*\S)?)?)*
        \n\1\"{3}
    )""",
    re.VERBOSE,
)


def fold_piece(piece: str) -> str | None:
    """A statement, or a definition with its body, as black leaves it. None where black has to decide."""
    if any(mark in piece for mark in _UNCLAIMED_MARKS):
        return None
    out: list[str] = []
    opened: list[str] = []  # the lines so far of a statement with open brackets
    depth = 0
    for unit in _UNIT.finditer(piece):
        text = unit[0]
        if unit[1] is not None:
            if opened or not _DOCSTRING.fullmatch(text):
                return None
            out.append(text)
            continue
        if '"""' in text or (not opened and text.lstrip(" ").startswith(("'", '"'))):
            return None
        depth += _count_open_brackets(text)
        if not opened and depth == 0 and _fits(text) and not _UNSTABLE.search(text):
            out.append(text)
            continue
        opened.append(text)
        if depth == 0:
            try:
                out += _fold_statement(opened)
            except (_Unclaimed, RecursionError):
                return None
            opened = []
    return None if opened else "\n".join(out)


def _count_open_brackets(line: str) -> int:
    if "(" not in line and "[" not in line and "{" not in line and line[-1:] not in (")", "]", "}"):
        return 0
    code = _STRING.sub("", line)
    return sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))


def _fits(line: str) -> bool:
    return len(line) <= WIDTH // 2 or (len(line) <= WIDTH and bool(_NARROW.fullmatch(line)))


# Tokens: each with the space before it, so that the text is all of them joined.

_TOKEN = re.compile(
    r"""[ ]?(?:
        "(?:[^"\\]|\\.)*" | '(?=[^']*")(?:[^'\\]|\\.)*'
      | [A-Za-z_]\w*(?!["'\w])
      | \d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])
      | \.\.\. | -> | [=!<>]= | (?:\*\*|//|<<|>>|[-+*/%@&|^~<>])(?!=) | :(?!=) | [.,=()\[\]{}]
    )""",
    re.VERBOSE,
)

_OPERAND, _OPEN, _CLOSE, _COMMA, _MAGIC_COMMA, _OPERATOR, _EQUAL, _COLON, _DOT, _OTHER = range(10)

# Priorities of delimiters: a line is split at those that have its highest.
_COMMAS, _COMPARISONS = 18, 10
_PRIORITIES = {
    **dict.fromkeys((" and", " or"), 14),
    **dict.fromkeys((" ==", " !=", " <", " >", " <=", " >="), _COMPARISONS),
    **dict(zip((" |", " ^", " &", " <<", " >>", " +", " -"), (9, 8, 7, 6, 6, 5, 5), strict=True)),
    **dict.fromkeys((" *", " /", " //", " %", " @"), 4),
}

_KINDS = {
    **{space + bracket: _OPEN for bracket in "([{" for space in ("", " ")},
    **dict.fromkeys(")]}", _CLOSE),
    **dict.fromkeys(_PRIORITIES, _OPERATOR),
    **dict.fromkeys(("=", " ="), _EQUAL),
    **dict.fromkeys(("+", "-", "~", " ~", "*", "**", " **", "@", " ->"), _OTHER),
    **dict(zip(",:.", (_COMMA, _COLON, _DOT), strict=True)),
}

# Words at the start of a statement, and inside one, that are left to black.
_UNCLAIMED_STARTS = frozenset(
    "assert await del except for global import lambda nonlocal not raise try with yield".split()
)
_UNCLAIMED_WORDS = frozenset(
    space + word
    for word in "async await else for from if in is lambda not yield".split()
    for space in ("", " ")
)

_STARTS_WITH_OPERATOR = re.compile(r"[-+*/%@&|^<>]|[!=]=|(?:and|or)\b")


class _Unclaimed(Exception):
    """Left to black."""


class _CannotSplit(Exception):
    """A way to split a line fails; the next one is tried."""


def _expect(condition: bool) -> None:
    if not condition:
        raise _Unclaimed


def _fold_statement(lines: list[str]) -> list[str]:
    """A statement, given as its physical lines."""
    indent = len(lines[0]) - len(lines[0].lstrip(" "))
    kind, tokens, kinds = _add_optional_parentheses(_tokenize(_join(lines)))
    splitter = _Splitter(kind, tokens, kinds)
    result = splitter.split(indent // 4)
    commas = [line.stop for line in result if line.comma]
    if commas or splitter.visible:
        # black formats its own output once more: the commas that it added now keep their brackets open.
        for place in reversed(commas):
            tokens.insert(place, ",")
            kinds.insert(place, _COMMA)
        splitter = _Splitter(kind, tokens, kinds)
        result = splitter.split(indent // 4)
    return list(map(splitter.render, result))


def _join(lines: list[str]) -> str:
    """The statement on one line."""
    out = [lines[0].strip(" ")]
    for line in lines[1:]:
        line, before = line.strip(" "), out[-1][-1:]
        if before in "([{" or line[:1] in ")]}.":
            out.append(line)
        else:
            _expect(
                before == ","
                or bool(_STARTS_WITH_OPERATOR.match(line))
                or before == line[:1] == '"'
            )
            out.append(" " + line)
    return "".join(out)


def _tokenize(text: str) -> list[str]:
    tokens: list[str] = _TOKEN.findall(text)
    _expect("".join(tokens) == text and bool(_NARROW.fullmatch(text)))
    _expect(tokens[0] not in _UNCLAIMED_STARTS and _UNCLAIMED_WORDS.isdisjoint(tokens[1:]))
    return tokens


def _match_brackets(kinds: list[int]) -> list[int]:
    """For each bracket the place of its other half, for other tokens -1."""
    match = [-1] * len(kinds)
    opened: list[int] = []
    for index, kind in enumerate(kinds):
        if kind == _OPEN:
            opened.append(index)
        elif kind == _CLOSE:
            _expect(bool(opened))
            opening = opened.pop()
            match[opening], match[index] = index, opening
    _expect(not opened)
    return match


def _outside_brackets(match: list[int], start: int, stop: int) -> list[int]:
    """The places of tokens outside brackets, and of opening brackets."""
    places = []
    while start < stop:
        places.append(start)
        start = max(start, match[start]) + 1
    return places


# Optional parentheses: black puts some expressions in parentheses that are printed only where it splits there.
# They are tokens without a character.


def _add_optional_parentheses(tokens: list[str]) -> tuple[str, list[str], list[int]]:
    """The keyword that decides how a statement is split, its tokens and their kinds."""
    kinds = [_KINDS.get(token, _OPERAND) for token in tokens]
    match = _match_brackets(kinds)
    keyword = tokens[0] if tokens[0] != "async" else tokens[1].strip(" ")
    spans: Iterable[tuple[int, int]] = []
    if keyword == "def":
        spans = list(_find_annotations(tokens, kinds, match))
    elif keyword == "class":
        # black removes empty parentheses
        _expect(tokens[-1] == ":" and tokens[2] in "(:" and tokens[3:4] != [")"])
    elif keyword == "from":
        spans = [(tokens.index(" import") + 1, len(tokens))]
    elif keyword in ("if", "elif", "while"):
        _expect(tokens[-1] == ":")
        spans = [(1, len(tokens) - 1)]
    elif keyword == "return":
        spans = [(1, len(tokens))]
    else:
        spans = list(_find_assigned(tokens, kinds, match))
    for start, stop in reversed(list(spans)):
        _wrap(keyword, tokens, kinds, match, start, stop)
    return keyword, tokens, kinds


def _find_annotations(
    tokens: list[str], kinds: list[int], match: list[int]
) -> Iterator[tuple[int, int]]:
    """The annotations of parameters that are unions, and the return type."""
    opening = tokens.index("(")
    _expect(opening == (3 if tokens[0] == "async" else 2))
    closing = match[opening]
    commas = [k for k in _outside_brackets(match, opening + 1, closing) if kinds[k] == _COMMA]
    for before, after in pairwise([opening, *commas, closing]):
        inside = _outside_brackets(match, before + 1, after)
        colon = next((k for k in inside if kinds[k] == _COLON), None)
        if colon is None or tokens[before + 1] in ("*", " *"):
            continue
        stop = next((k for k in inside if kinds[k] == _EQUAL), after)
        operators = [tokens[k] for k in inside if colon < k < stop and kinds[k] == _OPERATOR]
        _expect(all(_PRIORITIES[operator] < _COMPARISONS for operator in operators))
        if " |" in operators or match[colon + 1] == stop - 1:
            yield colon + 1, stop
    colon = kinds.index(_COLON, closing)
    _expect(tokens[colon + 1 :] in ([], [" ..."]))
    if colon > closing + 1:
        _expect(tokens[closing + 1] == " ->" and tokens[closing + 2][1:2] not in "\"'")
        yield closing + 2, colon


def _find_assigned(
    tokens: list[str], kinds: list[int], match: list[int]
) -> Iterator[tuple[int, int]]:
    """The annotation and the value of an assignment; nothing in a call or decorator."""
    outside = _outside_brackets(match, 0, len(tokens))
    ends = [k for k in outside if kinds[k] in (_COLON, _EQUAL)]
    _expect([kinds[k] for k in ends] in ([], [_EQUAL], [_COLON], [_COLON, _EQUAL]))
    _expect(tokens[0].isidentifier() or tokens[0] == "@")
    target = outside[1 : outside.index(ends[0])] if ends else outside[1:]
    _expect(all(kinds[k] in (_OPERAND, _OPEN, _DOT) and tokens[k][0] != " " for k in target))
    for before, after in pairwise([*ends, len(tokens)]):
        yield before + 1, after


def _wrap(
    keyword: str, tokens: list[str], kinds: list[int], match: list[int], start: int, stop: int
) -> None:
    """Puts an expression in optional parentheses. Redundant parentheses around it become optional, too."""
    is_import = keyword == "from"
    _expect(start < stop and tokens[start].strip(" ") not in ("*", "**"))
    _expect(is_import or all(kinds[k] != _COMMA for k in _outside_brackets(match, start, stop)))
    space = " " * tokens[start].startswith(" ")
    if tokens[start].strip(" ") == "(" and match[start] == stop - 1:
        content = _outside_brackets(match, start + 1, stop - 1)
        if is_import or (content and all(kinds[k] != _COMMA for k in content)):
            _expect(tokens[start + 1] != "(" or match[start + 1] != stop - 2)
            tokens[start], tokens[stop - 1] = space, ""
        return
    tokens[start] = tokens[start].lstrip(" ")
    tokens.insert(stop, "")
    kinds.insert(stop, _CLOSE)
    tokens.insert(start, space)
    kinds.insert(start, _OPEN)


# Splitting


class _Line(NamedTuple):
    """The tokens of a line, from `start` to `stop`."""

    start: int
    stop: int
    indent: int  # levels
    inside: bool = False  # the content of brackets, or a part of it
    delimiters: Sequence[
        tuple[int, int]
    ] = ()  # the token after which it may be split, the priority
    comma: bool = False  # a comma is added
    explode: bool = False  # one item per line, even if all fit
    tail: bool = False  # starts with the end of brackets


class _Splitter:
    """The lines of a statement. The ways to split are named as black's are."""

    def __init__(self, keyword: str, tokens: list[str], kinds: list[int]) -> None:
        self.keyword = keyword
        self.tokens = tokens[:]
        self.kinds = kinds[:]
        self.match = _match_brackets(kinds)
        self.ends = list(accumulate(map(len, tokens), initial=0))
        self.optional = [
            k for k, token in enumerate(tokens) if kinds[k] == _OPEN and token in ("", " ")
        ]
        self.visible: list[int] = []  # optional parentheses that are printed, in order
        self.delimiters: dict[int, list[tuple[int, int]]] = {}  # by opening bracket
        self.atoms: set[int] = set()  # opening brackets of tuples, lists, dicts, and optional ones
        self._find_delimiters()

    def _find_delimiters(self) -> None:
        tokens = self.tokens
        inside: list[tuple[int, int]] = []
        outside: list[list[tuple[int, int]]] = []
        before = _OTHER
        for index, kind in enumerate(self.kinds):
            follows_operand = before in (_OPERAND, _CLOSE)
            if kind == _COMMA:
                inside.append((index, _COMMAS))
            elif kind == _OPEN:
                if tokens[index] not in ("(", "[") or not follows_operand:
                    self.atoms.add(index)
                outside.append(inside)
                inside = self.delimiters[index] = []
            elif kind == _CLOSE:
                commas = sum(priority == _COMMAS for _, priority in inside)
                if self._is_magic(index, commas):
                    self.kinds[index - 1] = _MAGIC_COMMA
                inside = outside.pop()
            elif kind == _OPERATOR and follows_operand:
                inside.append((index - 1, _PRIORITIES[tokens[index]]))
            # Left to black: chains of calls, strings in a row, powers.
            _expect(kind != _DOT or before != _CLOSE)
            _expect(kind != _OPERAND or tokens[index][-1] != '"' or before != _OPERAND)
            _expect(kind != _OTHER or not follows_operand or "**" not in tokens[index])
            before = kind

    def _is_magic(self, closing: int, commas: int) -> bool:
        """Whether a trailing comma keeps the brackets open: unless it makes a tuple of one item."""
        opening = self.match[closing]
        if self.tokens[closing - 1] != ",":
            # Left to black: redundant parentheses around an item of a list or set.
            is_item = self.tokens[opening] == "(" and self.tokens[opening - 1][-1:] in ("[", "{")
            _expect(commas > 0 or not is_item or opening == closing - 1)
            return False
        is_atom = opening in self.atoms
        # Left to black: a subscript of one item with a comma.
        _expect(self.tokens[closing] != "]" or is_atom or commas > 1)
        is_tuple = is_atom and self.tokens[closing] == ")"
        return not is_tuple or commas > 1

    # Measures

    def _width(self, line: _Line) -> int:
        return 4 * line.indent + self._length(line.start, line.stop) + line.comma

    def _length(self, start: int, stop: int) -> int:
        length = self.ends[stop] - self.ends[start] - self.tokens[start].startswith(" ")
        return length + bisect_left(self.visible, stop) - bisect_left(self.visible, start)

    def _has_magic_comma(self, line: _Line) -> bool:
        """Whether brackets on the line have to be split. black does not look at tails."""
        return not line.tail and _MAGIC_COMMA in self.kinds[line.start : line.stop - 1]

    def _is_optional(self, opening: int) -> bool:
        return self.tokens[opening] in ("", " ")

    def _show(self, opening: int) -> None:
        """Prints optional parentheses."""
        if self._is_optional(opening):
            for index, bracket in ((opening, "("), (self.match[opening], ")")):
                self.tokens[index] += bracket
                insort(self.visible, index)

    def render(self, line: _Line) -> str:
        text = "".join(self.tokens[line.start : line.stop]).lstrip(" ")
        return "    " * line.indent + text + "," * line.comma

    # Ways to split

    def split(self, indent: int) -> list[_Line]:
        return self._split(_Line(0, len(self.tokens), indent))

    def _split(self, line: _Line) -> list[_Line]:
        fits = not line.explode and self._width(line) <= WIDTH
        if fits and not self._has_magic_comma(line):
            return [line]
        if self.keyword == "def" and line.start == 0 and not self._returns_magic_comma(line):
            ways = [self._left_hand_split]
        elif line.inside:
            ways = [self._delimiter_split, self._right_hand_split]
        else:
            ways = [self._right_hand_split]
        for way in ways:
            try:
                return way(line)
            except _CannotSplit:
                continue
        return [line]

    def _split_all(self, lines: Iterable[_Line]) -> list[_Line]:
        return [part for line in lines for part in self._split(line)]

    def _returns_magic_comma(self, line: _Line) -> bool:
        arrow = self.match[self.tokens.index("(")] + 1
        return _MAGIC_COMMA in self.kinds[arrow : line.stop]

    def _left_hand_split(self, line: _Line) -> list[_Line]:
        """At the parameters of a function, or at its return type if it has none."""
        opening = self.tokens.index("(")
        if self.match[opening] == opening + 1:
            opening += 3  # behind the arrow
        if opening >= line.stop or not opening < self.match[opening] < line.stop:
            raise _CannotSplit
        self._show(opening)
        return self._split_all(self._split_at(line, opening))

    def _delimiter_split(self, line: _Line) -> list[_Line]:
        """After all delimiters of the highest priority."""
        # A trailing comma alone is no reason to split.
        priorities = [priority for index, priority in line.delimiters if index < line.stop - 1]
        highest = max(priorities, default=0)
        if not highest:
            raise _CannotSplit
        parts: list[_Line] = []
        start = line.start
        lower: list[tuple[int, int]] = []
        for index, priority in line.delimiters:
            if priority == highest:
                parts.append(_Line(start, index + 1, line.indent, True, lower))
                start, lower = index + 1, []
            else:
                lower.append((index, priority))
        if start < line.stop:
            comma = line.comma or highest == _COMMAS
            parts.append(_Line(start, line.stop, line.indent, True, lower, comma))
        return self._split_all(parts)

    def _right_hand_split(self, line: _Line) -> list[_Line]:
        """At the last brackets, or at brackets before them if the first line is too long otherwise."""
        optional = [
            opening
            for opening in self.optional
            if line.start <= opening < self.match[opening] < line.stop
            and self._is_optional(opening)
            and not line.tail
        ]
        result = self._split_all(self._split_with_omits(line))
        if optional and not line.comma and self._width(result[0]) > WIDTH:
            # Left to black: it splits again with all optional parentheses printed, if none of these are.
            is_def = self.keyword == "def" and line.start == 0
            _expect(not is_def and not all(map(self._is_optional, optional)))
        return result

    def _split_with_omits(self, line: _Line) -> tuple[_Line, _Line, _Line]:
        first: tuple[_Line, _Line, _Line] | None = None
        for omit in self._omit_trailers(line):
            parts = self._split_last(line, omit)
            if first is None and not omit:
                first = parts
            if self._width(parts[0]) <= WIDTH:
                return parts
        return first or self._split_last(line, frozenset())

    def _omit_trailers(self, line: _Line) -> Iterator[Set[int]]:
        """Growing sets of closing brackets at the end of a line that may stay on one line with what follows."""
        omit: set[int] = set()
        inner: set[int] = set()
        opening = closing = -1
        length = 4 * line.indent + line.comma
        tried = not self._has_magic_comma(line)
        if tried:
            yield omit
        for index in range(line.stop - 1, line.start - 1, -1):
            length += len(self.tokens[index])
            if length > WIDTH:
                return
            if index == opening:
                opening = -1
            if self.kinds[index] != _CLOSE:
                continue
            before = self.kinds[index - 1] if index > line.start else _OTHER
            if opening >= 0:
                if before == _MAGIC_COMMA:
                    return
                inner.add(index)
            elif before == _OPEN:
                inner.add(index)
            else:
                if closing >= 0:
                    omit |= {closing, *inner}
                    inner.clear()
                    tried = True
                    yield omit
                if before in (_COMMA, _MAGIC_COMMA):
                    # black miscounts the commas inside parentheses at which it has tried to split.
                    _expect(not tried or self.tokens[index] != ")")
                    if before == _MAGIC_COMMA:
                        return
                if self.tokens[index]:
                    opening, closing = self.match[index], index

    def _split_last(self, line: _Line, omit: Set[int]) -> tuple[_Line, _Line, _Line]:
        return self._prefer_omitting_optional(line, self._find_last(line, omit), omit)

    def _find_last(self, line: _Line, omit: Set[int]) -> int:
        """The last brackets on the line with content, without those whose end is to be omitted."""
        index = line.stop
        while index > line.start:
            index -= 1
            if self.kinds[index] == _CLOSE and index not in omit:
                opening = self.match[index]
                if opening < line.start:
                    break
                if opening < index - 1:
                    return opening
                index = opening
        raise _CannotSplit

    def _split_at(self, line: _Line, opening: int) -> tuple[_Line, _Line, _Line]:
        """Head, body and tail of a split at brackets."""
        closing = self.match[opening]
        delimiters = self.delimiters[opening]
        comma = self._needs_comma(line, opening)
        has_comma = comma or self.tokens[closing - 1] == ","
        highest = max((p for index, p in delimiters if index < closing - 1), default=0)
        explode = highest == _COMMAS and (has_comma or opening in self.atoms)
        return (
            _Line(line.start, opening + 1, line.indent),
            _Line(opening + 1, closing, line.indent + 1, True, delimiters, comma, explode),
            _Line(closing, line.stop, line.indent, comma=line.comma, tail=True),
        )

    def _needs_comma(self, line: _Line, opening: int) -> bool:
        """Whether a comma follows the content: names of an import, or a single parameter."""
        closing = self.match[opening]
        if line.start != 0 or self.tokens[closing - 1] == ",":
            return False
        if self.keyword != "def" or opening != self.tokens.index("("):
            return self.keyword == "from"
        # black does not look at commas in an annotation, but at those in a default value.
        inside = _outside_brackets(self.match, opening + 1, closing)
        if self.tokens[opening + 1] == "*":
            start = opening
        else:
            start = next((k for k in inside if self.kinds[k] == _EQUAL), closing)
        return "," not in self.tokens[start:closing] and all(self.tokens[k] != "," for k in inside)

    def _prefer_omitting_optional(
        self, line: _Line, opening: int, omit: Set[int]
    ) -> tuple[_Line, _Line, _Line]:
        """Splits at brackets; instead of optional parentheses, at the brackets inside or before them if that is better."""
        head, body, tail = self._split_at(line, opening)
        is_optional = self._is_optional(opening) and self.keyword != "from"
        if is_optional and self._can_omit(body):
            omit = {self.match[opening], *omit}
            try:
                other = self._find_last(line, omit)
                if self._prefers_other(head, other):
                    return self._prefer_omitting_optional(line, other, omit)
            except _CannotSplit:
                is_chained = self.kinds[line.start : line.stop].count(_EQUAL) > 1
                if not is_chained and body.stop - body.start < 2 and self._width(body) > WIDTH:
                    raise
        self._show(opening)
        return head, body, tail

    def _can_omit(self, body: _Line) -> bool:
        """Whether optional parentheses help little: no delimiters, or a single one and brackets to split at."""
        priorities = [priority for _, priority in body.delimiters]
        if not priorities:
            return True
        if priorities.count(max(priorities)) > 1:
            return False
        indent = 4 * body.indent
        first, last = body.start, body.stop - 1
        _expect(self.kinds[first] != _OPEN)  # left to black
        if self.kinds[last] != _CLOSE:
            return False
        opening = self.match[last]
        is_subscript = self.tokens[last] == "]" and opening not in self.atoms
        if is_subscript or opening == last - 1:
            return False
        return (
            _OPEN in self.kinds[first:opening] or indent + self._length(first, opening + 1) <= WIDTH
        )

    def _prefers_other(self, head: _Line, other: int) -> bool:
        """Whether a split at other brackets is better than one at optional parentheses, where `head` ends."""
        kinds = self.kinds[head.start : head.stop - 1]
        if kinds[-1:] != [_EQUAL] or _CLOSE not in kinds:
            return True  # no assignment, or one without annotation
        if self._width(head) > WIDTH - 1 or self._has_magic_comma(head):
            return True
        other_head = _Line(head.start, other + 1, head.indent)
        other_kinds = self.kinds[head.start : other + 1]
        equals = other_kinds.count(_EQUAL)
        if kinds.count(_EQUAL) > max(1, equals):
            return False
        value = other_kinds[::-1].index(_EQUAL) if equals else len(other_kinds)
        has_brackets = _CLOSE in other_kinds[len(other_kinds) - value :]
        return has_brackets or (equals > 0 and self._width(other_head) <= WIDTH)
