"""What the generator has to say about a document: values that travel with the result, and the one fatal error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from attrs import define, field, frozen

Severity = Literal["warning", "note"]


@frozen
class Repair:
    """A change to the document that mends a finding: `update` is merged into the value at the JSON pointer, as an
    OpenAPI Overlay does; without one, the value is removed."""

    pointer: str
    update: Any = None


@frozen
class Diagnostic:
    """One finding: where, what, and what was done about it.

    `line` counts from 1; it is None where the place is not in a file that was read. `pointer` is a JSON pointer.
    A warning means that the document is at fault; a note that something was typed less exactly than it is described.
    `repairs` make the document say what was read; there are none where only its author can know.
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
        return (
            f"{self.file}{line}: {self.severity}: {self.message} ({self.action}) at #{self.pointer}"
        )


class InputError(Exception):
    """The input cannot be read as OpenAPI. The text is one sentence that says where and what to do; `message` leaves the
    place out."""

    def __init__(self, message: str, file: str = "", line: int | None = None) -> None:
        self.message = message
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(where + message)


@define
class Diagnostics:
    """Collects findings while the stages run. `locate` gives the line of a pointer; it is asked only at the end."""

    locate: Callable[[str, str], int | None]
    _found: dict[tuple[str, str, str], tuple[Severity, str, tuple[Repair, ...]]] = field(
        factory=dict
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
        self._found.setdefault((file, pointer, message), (severity, action, repairs))

    def __iter__(self) -> Iterator[Diagnostic]:
        for place in sorted(self._found):
            file, pointer, message = place
            severity, action, repairs = self._found[place]
            line = self.locate(file, pointer)
            yield Diagnostic(severity, file, line, pointer, message, action, repairs)

    def __len__(self) -> int:
        return len(self._found)
