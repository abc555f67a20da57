"""Splits a statement over lines by the rules of black's stable style, for 88 columns and Python 3.11.

black splits a line at one pair of brackets into a head that ends with the opening bracket, a body, and a tail that
starts with the closing one; and a body that is too long at its delimiters (commas, `or`, `|`, ...), one item per line.
It does the same with each of the resulting lines. Much of what follows chooses the brackets:

- "left hand split", the first ones, only for the parameters of a function;
- "right hand split", the last ones, or some before them if the first line is too long otherwise;
- "optional parentheses", which black imagines around a value, an annotation or a condition. It prints them where it
  splits there, and removes them where it does not;
- "magic trailing commas" keep their brackets open even if the content fits on a line.

What is rare in generated code (chains of calls, comprehensions, `lambda`, comments, ...) raises `Unclaimed`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from itertools import accumulate, pairwise
from typing import NamedTuple

from attrs import define

WIDTH = 88

# Characters that take one column. black counts some of the others as none or two.
NARROW = re.compile(r"[ -~\xa0-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e]*")


class Unclaimed(Exception):
    """black has to format this."""


class _CannotSplit(Exception):
    """A way to split a line fails; the next one is tried."""


def _expect(condition: bool) -> None:
    if not condition:
        raise Unclaimed


def split_statement(lines: Sequence[str]) -> list[str]:
    """The lines of a statement, given as one line or several. Raises Unclaimed."""
    indent = (len(lines[0]) - len(lines[0].lstrip(" "))) // 4
    text = _join(lines)
    if text.startswith("from "):
        return _split_import(text, indent)
    keyword, tokens = _add_optional_parentheses(_tokenize(text))
    try:
        splitter = _Splitter(keyword, tokens)
        result = splitter.split(_Line(0, len(tokens.texts), indent))
        commas = [line.stop for line in result if line.comma]
        # black formats its own output once more: the commas that it added now keep their brackets open. That changes
        # nothing where the only one is behind the parameters of a function, which it splits at first in any case.
        if commas and not (
            keyword == "def" and commas == [splitter.match[splitter.texts.index("(")]]
        ):
            for place in reversed(commas):
                tokens.insert(place, ",", _COMMA)
            splitter = _Splitter(keyword, tokens)
            result = splitter.split(_Line(0, len(tokens.texts), indent))
    except RecursionError:
        raise Unclaimed from None
    return list(map(splitter.render, result))


_STARTS_WITH_OPERATOR = re.compile(r"[-+*/%@&|^<>]|[!=]=|(?:and|or)\b")


def _join(lines: Sequence[str]) -> str:
    """The statement on one line."""
    out = [lines[0].strip(" ")]
    for line in lines[1:]:
        line, before = line.strip(" "), out[-1][-1:]
        if before in "([{" or line[:1] in ")]}":
            out.append(line)
        else:
            _expect(before == "," or bool(_STARTS_WITH_OPERATOR.match(line)))
            out.append(" " + line)
    return "".join(out)


_IMPORT = re.compile(
    r"(from [\w.]+ import )\(?(\w+(?: as \w+)?(?:, \w+(?: as \w+)?)*)(,?)\)?", re.ASCII
)


def _split_import(text: str, indent: int) -> list[str]:
    """Nearly half of all statements, so they have a rule of their own."""
    match = _IMPORT.fullmatch(text)
    if match is None:
        raise Unclaimed
    start, names, magic_comma = match.groups()
    margin = "    " * indent
    line = margin + start + names
    if len(line) <= WIDTH and not magic_comma:
        return [line]
    items = [f"{margin}    {name}," for name in names.split(", ")]
    return [f"{margin}{start}(", *items, f"{margin})"]


# Tokens

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

# Priorities of delimiters: a body is split at those that have its highest.
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

# Words at the start of a statement, and inside one, that are not claimed.
_UNCLAIMED_STARTS = frozenset(
    "assert await del except for global import lambda nonlocal not raise try with yield".split()
)
_UNCLAIMED_WORDS = frozenset(
    space + word
    for word in "async await else for from if in is lambda not yield".split()
    for space in ("", " ")
)


@define
class _Tokens:
    """The tokens of a statement. Their texts include the space before them."""

    texts: list[str]
    kinds: list[int]

    def insert(self, place: int, text: str, kind: int) -> None:
        self.texts.insert(place, text)
        self.kinds.insert(place, kind)

    def match_brackets(self) -> list[int]:
        """For each bracket the place of its other half, for other tokens -1."""
        match = [-1] * len(self.kinds)
        opened: list[int] = []
        for index, kind in enumerate(self.kinds):
            if kind == _OPEN:
                opened.append(index)
            elif kind == _CLOSE:
                _expect(bool(opened))
                opening = opened.pop()
                match[opening], match[index] = index, opening
        _expect(not opened)
        return match


def _tokenize(text: str) -> _Tokens:
    texts: list[str] = _TOKEN.findall(text)
    _expect("".join(texts) == text and bool(NARROW.fullmatch(text)))
    _expect(texts[0] not in _UNCLAIMED_STARTS and _UNCLAIMED_WORDS.isdisjoint(texts[1:]))
    return _Tokens(texts, [_KINDS.get(token, _OPERAND) for token in texts])


def _outside_brackets(match: list[int], start: int, stop: int) -> list[int]:
    """The places of tokens outside brackets, and of opening brackets."""
    places = []
    while start < stop:
        places.append(start)
        start = max(start, match[start]) + 1
    return places


# Optional parentheses: tokens without a character


def _add_optional_parentheses(tokens: _Tokens) -> tuple[str, _Tokens]:
    """Returns also the keyword that decides how the statement is split."""
    texts, match = tokens.texts, tokens.match_brackets()
    keyword = texts[0] if texts[0] != "async" else texts[1].strip(" ")
    spans: list[tuple[int, int]] = []
    if keyword == "def":
        spans = list(_find_annotations(tokens, match))
    elif keyword == "class":
        # black removes empty parentheses.
        _expect(texts[-1] == ":" and texts[2] in "(:" and texts[3:4] != [")"])
    elif keyword in ("if", "elif", "while"):
        _expect(texts[-1] == ":")
        spans = [(1, len(texts) - 1)]
    elif keyword == "return":
        spans = [(1, len(texts))]
    else:
        spans = list(_find_assigned(tokens, match))
    for start, stop in reversed(spans):
        _wrap(tokens, match, start, stop)
    return keyword, tokens


def _find_annotations(tokens: _Tokens, match: list[int]) -> Iterator[tuple[int, int]]:
    """The annotations of parameters that are unions, and the return type."""
    texts, kinds = tokens.texts, tokens.kinds
    opening = 3 if texts[0] == "async" else 2
    _expect(texts[opening : opening + 1] == ["("] and ":" in texts)
    closing = match[opening]
    commas = [k for k in _outside_brackets(match, opening + 1, closing) if kinds[k] == _COMMA]
    for before, after in pairwise([opening, *commas, closing]):
        inside = _outside_brackets(match, before + 1, after)
        colon = next((k for k in inside if kinds[k] == _COLON), None)
        if colon is None or texts[before + 1] in ("*", " *"):
            continue
        stop = next((k for k in inside if kinds[k] == _EQUAL), after)
        operators = [texts[k] for k in inside if colon < k < stop and kinds[k] == _OPERATOR]
        _expect(all(_PRIORITIES[operator] < _COMPARISONS for operator in operators))
        if " |" in operators or match[colon + 1] == stop - 1:
            yield colon + 1, stop
    arrow = closing + 1
    colon = next((k for k in range(arrow, len(texts)) if kinds[k] == _COLON), arrow)
    _expect(texts[colon + 1 :] in ([], [" ..."]))
    if colon > arrow:
        _expect(texts[arrow] == " ->" and texts[arrow + 1][1:2] not in "\"'")
        yield arrow + 1, colon


def _find_assigned(tokens: _Tokens, match: list[int]) -> Iterator[tuple[int, int]]:
    """The annotation and the value of an assignment; nothing in a call or decorator."""
    texts, kinds = tokens.texts, tokens.kinds
    outside = _outside_brackets(match, 0, len(texts))
    ends = [k for k in outside if kinds[k] in (_COLON, _EQUAL)]
    _expect([kinds[k] for k in ends] in ([], [_EQUAL], [_COLON], [_COLON, _EQUAL]))
    _expect(texts[0].isidentifier() or texts[0] == "@")
    target = [k for k in outside[1:] if not ends or k < ends[0]]
    _expect(all(kinds[k] in (_OPERAND, _OPEN, _DOT) and texts[k][0] != " " for k in target))
    for before, after in pairwise([*ends, len(texts)]):
        yield before + 1, after


def _wrap(tokens: _Tokens, match: list[int], start: int, stop: int) -> None:
    """Puts an expression in optional parentheses. Redundant parentheses around it become optional."""
    texts, kinds = tokens.texts, tokens.kinds
    _expect(start < stop and texts[start].strip(" ") not in ("*", "**"))
    _expect(all(kinds[k] != _COMMA for k in _outside_brackets(match, start, stop)))
    space = " " * texts[start].startswith(" ")
    if texts[start].strip(" ") == "(" and match[start] == stop - 1:
        content = _outside_brackets(match, start + 1, stop - 1)
        if content and all(kinds[k] != _COMMA for k in content):
            _expect(texts[start + 1] != "(" or match[start + 1] != stop - 2)
            texts[start], texts[stop - 1] = space, ""
    else:
        texts[start] = texts[start].lstrip(" ")
        tokens.insert(stop, "", _CLOSE)
        tokens.insert(start, space, _OPEN)


# Lines


class _Line(NamedTuple):
    """The tokens of a line, from `start` to `stop`."""

    start: int
    stop: int
    indent: int  # levels
    inside: bool = False  # the content of brackets, or a part of it
    # Where it may be split: the token before the split, and the priority.
    delimiters: Sequence[tuple[int, int]] = ()
    comma: bool = False  # a comma is added
    explode: bool = False  # one item per line, even if all fit
    tail: bool = False  # starts with the end of brackets


class _Splitter:
    """Splits one statement. The ways to split have black's names."""

    def __init__(self, keyword: str, tokens: _Tokens) -> None:
        self.keyword = keyword
        self.texts = tokens.texts[:]
        self.kinds = tokens.kinds[:]
        self.match = tokens.match_brackets()
        self.ends = list(accumulate(map(len, self.texts), initial=0))
        self.optional = [
            k for k, kind in enumerate(self.kinds) if kind == _OPEN and self._is_optional(k)
        ]
        self.visible: list[int] = []  # optional parentheses that are printed, in order
        self.delimiters: dict[int, list[tuple[int, int]]] = {}  # by opening bracket
        self.atoms: set[int] = set()  # opening brackets of tuples, lists, dicts, and optional ones
        self.prints_optional = False  # wherever it splits at optional parentheses
        self._find_delimiters()

    def _find_delimiters(self) -> None:
        inside: list[tuple[int, int]] = []
        outside: list[list[tuple[int, int]]] = []
        before = _OTHER
        for index, kind in enumerate(self.kinds):
            text = self.texts[index]
            follows_operand = before in (_OPERAND, _CLOSE)
            if kind == _COMMA:
                inside.append((index, _COMMAS))
            elif kind == _OPEN:
                if text not in ("(", "[") or not follows_operand:
                    self.atoms.add(index)
                outside.append(inside)
                inside = self.delimiters[index] = []
            elif kind == _CLOSE:
                commas = sum(priority == _COMMAS for _, priority in inside)
                if self._has_magic_comma_before(index, commas):
                    self.kinds[index - 1] = _MAGIC_COMMA
                inside = outside.pop()
            elif kind == _OPERATOR and follows_operand:
                inside.append((index - 1, _PRIORITIES[text]))
            # Not claimed: chains of calls, strings in a row, powers.
            if (
                (kind == _DOT and before == _CLOSE)
                or (kind == before == _OPERAND and text[-1] in "\"'")
                or (kind == _OTHER and follows_operand and "**" in text)
            ):
                raise Unclaimed
            before = kind

    def _has_magic_comma_before(self, closing: int, commas: int) -> bool:
        """Whether there is a comma before a closing bracket that does not make a tuple of one item."""
        opening = self.match[closing]
        is_atom = opening in self.atoms
        bracket = self.texts[closing]
        if self.texts[closing - 1] == ",":
            # Not claimed: a subscript of one item with a comma.
            _expect(bracket != "]" or is_atom or commas > 1)
            return bracket != ")" or not is_atom or commas > 1
        # Not claimed: redundant parentheses around an item of a list or set.
        is_item = self.texts[opening] == "(" and self.texts[opening - 1][-1:] in ("[", "{")
        _expect(not is_item or commas > 0 or opening == closing - 1)
        return False

    def render(self, line: _Line) -> str:
        text = "".join(self.texts[line.start : line.stop]).lstrip(" ")
        return "    " * line.indent + text + "," * line.comma

    def _width(self, line: _Line) -> int:
        return 4 * line.indent + self._length(line.start, line.stop) + line.comma

    def _length(self, start: int, stop: int) -> int:
        length = self.ends[stop] - self.ends[start] - self.texts[start].startswith(" ")
        return length + bisect_left(self.visible, stop) - bisect_left(self.visible, start)

    def _has_magic_comma(self, line: _Line) -> bool:
        """Whether there are brackets on the line that have to be split. black does not look at tails."""
        return not line.tail and _MAGIC_COMMA in self.kinds[line.start : line.stop - 1]

    def _is_optional(self, opening: int) -> bool:
        return self.texts[opening] in ("", " ")

    def _show(self, opening: int) -> None:
        """Prints optional parentheses."""
        if self._is_optional(opening):
            for index, bracket in ((opening, "("), (self.match[opening], ")")):
                self.texts[index] += bracket
                insort(self.visible, index)

    def split(self, line: _Line) -> list[_Line]:
        fits = not line.explode and self._width(line) <= WIDTH
        if fits and not self._has_magic_comma(line):
            return [line]
        splits = [self._right_hand_split]
        if line.inside:
            splits = [self._delimiter_split, self._right_hand_split]
        elif self.keyword == "def" and line.start == 0:
            arrow = self.match[self.texts.index("(")] + 1
            if _MAGIC_COMMA not in self.kinds[arrow : line.stop]:  # none in the return type
                splits = [self._left_hand_split]
        for split in splits:
            with suppress(_CannotSplit):
                return split(line)
        return [line]

    def _split_all(self, lines: Iterable[_Line]) -> list[_Line]:
        return [part for line in lines for part in self.split(line)]

    def _split_at(self, line: _Line, opening: int) -> tuple[_Line, _Line, _Line]:
        """Head, body and tail of a split at brackets."""
        closing = self.match[opening]
        delimiters = self.delimiters[opening]
        comma = self._needs_comma(line, opening)
        has_comma = comma or self.texts[closing - 1] == ","
        highest = max((p for index, p in delimiters if index < closing - 1), default=0)
        explode = highest == _COMMAS and (has_comma or opening in self.atoms)
        return (
            _Line(line.start, opening + 1, line.indent),
            _Line(opening + 1, closing, line.indent + 1, True, delimiters, comma, explode),
            _Line(closing, line.stop, line.indent, comma=line.comma, tail=True),
        )

    def _needs_comma(self, line: _Line, opening: int) -> bool:
        """Whether a comma follows the body even if it fits: after a single parameter."""
        closing = self.match[opening]
        if line.start != 0 or self.texts[closing - 1] == ",":
            return False
        if self.keyword != "def" or opening != self.texts.index("("):
            return False
        inside = _outside_brackets(self.match, opening + 1, closing)
        if any(self.kinds[k] == _COMMA for k in inside):
            return False
        # black looks at the commas in a default value, but not at those in an annotation.
        default = next((k for k in inside if self.kinds[k] == _EQUAL), closing)
        _expect(self.texts[opening + 1] != "*" or "," not in self.texts[opening:closing])
        return "," not in self.texts[default:closing]

    def _delimiter_split(self, line: _Line) -> list[_Line]:
        # A trailing comma alone is no reason to split.
        highest = max((p for index, p in line.delimiters if index < line.stop - 1), default=0)
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

    def _left_hand_split(self, line: _Line) -> list[_Line]:
        """At the parameters of a function, or at its return type if it has none."""
        opening = self.texts.index("(")
        if self.match[opening] == opening + 1:
            opening += 3  # behind the arrow
        if opening >= line.stop or not opening < self.match[opening] < line.stop:
            raise _CannotSplit
        self._show(opening)
        return self._split_all(self._split_at(line, opening))

    def _right_hand_split(self, line: _Line) -> list[_Line]:
        optional = [k for k in self._find_optional(line) if not line.tail]
        texts, visible = self.texts[:], self.visible[:]
        result = self._split_all(self._find_right_hand_split(line))
        if not optional or line.comma or self._width(result[0]) <= WIDTH:
            return result
        _expect(self.keyword != "def" or line.start > 0)  # not claimed
        if self.prints_optional or not all(map(self._is_optional, optional)):
            return result
        # black splits again with the optional parentheses printed, and takes that if all of it fits.
        (texts, self.texts), (visible, self.visible) = (self.texts, texts), (self.visible, visible)
        self.prints_optional = True
        other = self._split_all(self._find_right_hand_split(line))
        self.prints_optional = False
        if all(self._width(part) <= WIDTH for part in other):
            return other
        self.texts, self.visible = texts, visible
        return result

    def _find_optional(self, line: _Line) -> list[int]:
        """Where optional parentheses open on a line that are not printed."""
        first, last = (bisect_left(self.optional, place) for place in (line.start, line.stop))
        return [
            opening
            for opening in self.optional[first:last]
            if self.match[opening] < line.stop and self._is_optional(opening)
        ]

    def _find_right_hand_split(self, line: _Line) -> tuple[_Line, _Line, _Line]:
        """The split furthest to the right for which the first line fits; else the one furthest to the right."""
        last: tuple[_Line, _Line, _Line] | None = None
        for omit in self._omit_trailers(line):
            parts = self._split_at_best(line, self._find_last_brackets(line, omit), omit)
            if last is None and not omit:
                last = parts
            if self._width(parts[0]) <= WIDTH:
                return parts
        if last is None:
            last = self._split_at_best(line, self._find_last_brackets(line, frozenset()), set())
        return last

    def _omit_trailers(self, line: _Line) -> Iterator[Set[int]]:
        """Growing sets of closing brackets at the end of a line, at which it need not be split."""
        omit: set[int] = set()
        inner: set[int] = set()
        opening = closing = -1  # of the brackets that are passed; `closing` stays behind them
        length = 4 * line.indent + line.comma
        tried = not self._has_magic_comma(line)
        if tried:
            yield omit
        for index in range(line.stop - 1, line.start - 1, -1):
            length += len(self.texts[index])
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
                if tried and before in (_COMMA, _MAGIC_COMMA) and self.texts[index] == ")":
                    # Not claimed: black miscounts commas in parentheses at which it has tried to split.
                    inside = self.texts[self.match[index] : index - 1]
                    _expect(before == _COMMA and "," not in inside)
                if before == _MAGIC_COMMA:
                    return
                if self.texts[index]:
                    opening, closing = self.match[index], index

    def _find_last_brackets(self, line: _Line, omit: Set[int]) -> int:
        """Where the last brackets on the line with content open, without those that are to be omitted."""
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

    def _split_at_best(
        self, line: _Line, opening: int, omit: Set[int]
    ) -> tuple[_Line, _Line, _Line]:
        """At these brackets; where they are optional, rather at brackets inside or before them if that is better."""
        head, body, tail = self._split_at(line, opening)
        if not self.prints_optional and self._is_optional(opening) and self._can_omit(body):
            omit = {self.match[opening], *omit}
            try:
                other = self._find_last_brackets(line, omit)
                if self._is_better(head, other):
                    return self._split_at_best(line, other, omit)
            except _CannotSplit:
                is_chained = self.kinds[line.start : line.stop].count(_EQUAL) > 1
                if not is_chained and body.stop - body.start < 2 and self._width(body) > WIDTH:
                    raise
        self._show(opening)
        return head, body, tail

    def _can_omit(self, body: _Line) -> bool:
        """Whether optional parentheses help little: no delimiters, or a single one and brackets at the end."""
        priorities = [priority for _, priority in body.delimiters]
        if not priorities:
            return True
        if priorities.count(max(priorities)) > 1:
            return False
        first, last = body.start, body.stop - 1
        _expect(self.kinds[first] != _OPEN)  # not claimed
        if self.kinds[last] != _CLOSE:
            return False
        opening = self.match[last]
        is_subscript = self.texts[last] == "]" and opening not in self.atoms
        if is_subscript or opening == last - 1:
            return False
        has_others = _OPEN in self.kinds[first:opening]
        return has_others or 4 * body.indent + self._length(first, opening + 1) <= WIDTH

    def _is_better(self, head: _Line, other: int) -> bool:
        """Whether a split at other brackets is better than one at the optional parentheses with which `head` ends."""
        kinds = self.kinds[head.start : head.stop - 1]
        if kinds[-1:] != [_EQUAL] or _CLOSE not in kinds:
            return True  # no assignment, or one without annotation
        if self._width(head) > WIDTH - 1 or self._has_magic_comma(head):
            return True
        _expect(kinds.count(_EQUAL) == 1)  # not claimed: keyword arguments in an annotation
        kinds = self.kinds[head.start : other + 1]
        if _EQUAL not in kinds:
            return _CLOSE in kinds
        value = kinds[kinds.index(_EQUAL) :]
        return _CLOSE in value or self._width(_Line(head.start, other + 1, head.indent)) <= WIDTH
