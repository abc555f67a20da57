"""Texts that match a regular expression, made from it: literals, classes, groups, alternatives and repetitions."""

from __future__ import annotations

import string
from random import Random

from attrs import define

_DIGITS, _LETTERS = string.digits, string.ascii_lowercase + string.digits
_PRINTABLE = "".join(chr(c) for c in range(33, 127)) + " "
_CLASSES = {"d": _DIGITS, "w": _LETTERS, "s": " ", "D": "abc", "W": "-.", "S": _LETTERS}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_MAX_ATOMS = 20_000  # that are read, counting repetitions
_MORE = 3  # repetitions beyond the least, where there is no limit


class UnknownPatternError(Exception):
    """A regular expression has a construct that is not handled: a look-around, a back reference, a flag."""


def make_match(pattern: str, random: Random) -> str:
    """A text that matches a pattern, as short as it may be or a little longer. Raises UnknownPatternError."""
    parser = _Parser(pattern, random)
    text = parser.read_alternatives()
    if parser.position < len(pattern):
        raise UnknownPatternError
    return text


@define
class _Parser:
    """Reads a pattern and makes the text at once. A repeated part is read again for each repetition."""

    pattern: str
    random: Random
    position: int = 0
    count: int = 0

    def peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def take(self) -> str:
        character = self.peek()
        if not character:
            raise UnknownPatternError
        self.position += 1
        return character

    def read_alternatives(self) -> str:
        texts = [self._read_sequence()]
        while self.peek() == "|":
            self.position += 1
            texts.append(self._read_sequence())
        return self.random.choice(texts)

    def _read_sequence(self) -> str:
        text = ""
        while self.peek() not in ("", "|", ")"):
            start = self.position
            first = self._read_atom()
            end = self.position
            least, most = self._read_repetition()
            behind = self.position
            count = self.random.randint(least, most)
            if count:
                text += first
            for _ in range(count - 1):
                self.position = start
                text += self._read_atom()
                assert self.position == end
            self.position = behind
        return text

    def _read_atom(self) -> str:
        self.count += 1
        if self.count > _MAX_ATOMS:
            raise UnknownPatternError
        match self.take():
            case "^" | "$":
                return ""
            case "(":
                return self._read_group()
            case "[":
                return self.random.choice(self._read_class())
            case ".":
                return self.random.choice(_LETTERS)
            case "\\":
                return self.random.choice(self._read_escape())
            case "*" | "+" | "?" | ")":
                raise UnknownPatternError
            case character:
                return character

    def _read_group(self) -> str:
        if self.peek() == "?":
            self.position += 1
            mark = self.take()
            if mark == "P" or (mark == "<" and self.peek() not in "=!"):  # a name
                self.position = self.pattern.index(">", self.position) + 1
            elif mark != ":":
                raise UnknownPatternError
        text = self.read_alternatives()
        if self.take() != ")":
            raise UnknownPatternError
        return text

    def _read_escape(self) -> str:
        """The characters that an escape stands for."""
        character = self.take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character in "bBAZzpP" or character.isdigit():
            raise UnknownPatternError
        if character in "xu":
            digits = self.pattern[self.position : self.position + (2 if character == "x" else 4)]
            self.position += len(digits)
            try:
                return chr(int(digits, 16))
            except ValueError:
                raise UnknownPatternError from None
        return _ESCAPES.get(character, character)

    def _read_class(self) -> str:
        """The characters of a class in brackets."""
        is_negated = self.peek() == "^"
        self.position += is_negated
        members, is_first = "", True
        while self.peek() != "]" or is_first:
            is_first = False
            low = self.take()
            low = self._read_escape() if low == "\\" else low
            if (
                len(low) == 1
                and self.peek() == "-"
                and self.pattern[self.position + 1 :][:1] not in ("", "]")
            ):
                self.position += 1
                high = self.take()
                high = self._read_escape() if high == "\\" else high
                members += "".join(
                    chr(c) for c in range(ord(low), min(ord(high[0]), ord(low) + 255) + 1)
                )
            else:
                members += low
        self.position += 1
        characters = "".join(c for c in _PRINTABLE if c not in members) if is_negated else members
        if not characters:
            raise UnknownPatternError
        plain = "".join(c for c in characters if c in string.ascii_letters + string.digits)
        return plain or characters

    def _read_repetition(self) -> tuple[int, int]:
        least, most = 1, 1
        match self.peek():
            case "*":
                least, most = 0, _MORE
            case "+":
                least, most = 1, 1 + _MORE
            case "?":
                least, most = 0, 1
            case "{":
                end = self.pattern.find("}", self.position)
                low, comma, high = self.pattern[self.position + 1 : max(end, 0)].partition(",")
                if not low.isdigit() and not (comma and high.isdigit()):
                    return 1, 1  # an ordinary character, read as the next atom
                self.position = end
                least = int(low or 0)
                most = least if not comma else int(high) if high else least + _MORE
                most = min(most, least + 20)
            case _:
                return least, most
        self.position += 1
        if self.peek() in ("?", "+"):  # lazy, possessive
            self.position += 1
        return least, most
