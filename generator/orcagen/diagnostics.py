"""What the generator reports about a document: values that travel with the results, and the one fatal error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias

from attrs import define, field, frozen

Severity = Literal["warning", "note"]
_MAX_LENGTH = 1000  # characters of one message
FindLines: TypeAlias = Callable[[str, Iterable[str]], Mapping[str, int]]


def escape_controls(text: str) -> str:
    """The text on one line of a terminal: what cannot be printed is written as escapes, and the middle of a long text is
    left out."""
    if len(text) > _MAX_LENGTH:
        text = f"{text[: _MAX_LENGTH // 2]} ... {text[-_MAX_LENGTH // 2 :]}"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@frozen
class Repair:
    """A change that fixes the document: `update` is merged into the value at the JSON pointer, as an OpenAPI Overlay
    does; without one, the value is removed."""

    pointer: str
    update: Any = None


@frozen
class Diagnostic:
    """A problem in the document: where it is, what it is, and how the generator handled it.

    `line` counts from 1; it is None if the position is not in a file that was read. `pointer` is a JSON pointer.
    A warning means that the document is wrong; a note that a type is less exact than the document's description.
    `repairs` make the document say what the generator read; there are none where only its author can decide.
    """

    severity: Severity
    file: str
    line: int | None
    pointer: str
    message: str
    action: str
    repairs: tuple[Repair, ...] = ()

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return escape_controls(
            f"{self.file}{line}: {self.severity}: {self.message} ({self.action}) at #{self.pointer}"
        )


class InputError(Exception):
    """The input cannot be read as OpenAPI, or a setting is wrong. The text is one sentence that says where, and what to
    do; `message` is the same without the position.

    `line` may be a function that finds the line: errors that are caught need none.
    """

    def __init__(
        self, message: str, file: str = "", line: int | Callable[[], int | None] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self._line = line

    def __str__(self) -> str:
        line = self._line() if callable(self._line) else self._line
        parts = [self.file, str(line)] if line else [self.file]
        return escape_controls(f"{':'.join(parts)}: {self.message}" if self.file else self.message)


class MissingFileError(InputError):
    """A file that does not exist: here, in a revision, or on its server."""


@define
class Diagnostics:
    """Collects diagnostics while the stages run.

    `find_lines` gives the lines of JSON pointers in a file. It is called once per file, at the end: finding lines means
    reading the text again.
    """

    find_lines: FindLines
    _entries: dict[tuple[str, str, str], tuple[Severity, str, tuple[Repair, ...]]] = field(
        factory=dict, init=False
    )

    def add(
        self,
        severity: Severity,
        file: str,
        pointer: str,
        message: str,
        action: str,
        repairs: tuple[Repair, ...] = (),
    ) -> None:
        """Adds a diagnostic; the same message about the same value is kept once."""
        self._entries.setdefault((file, pointer, message), (severity, action, repairs))

    def collect(self) -> tuple[Diagnostic, ...]:
        """All diagnostics with their lines, by file, pointer and message."""
        # All pointers of a file at once: one at a time would read the text as often as there are diagnostics.
        pointers: dict[str, set[str]] = {}
        for file, pointer, _ in self._entries:
            pointers.setdefault(file, set()).add(pointer)
        lines = {file: self.find_lines(file, wanted) for file, wanted in pointers.items()}
        return tuple(
            Diagnostic(severity, file, lines[file].get(pointer), pointer, message, action, repairs)
            for (file, pointer, message), (severity, action, repairs) in sorted(
                self._entries.items(), key=lambda entry: entry[0]
            )
        )
