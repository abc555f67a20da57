"""What the generator has to say about a document: values that travel with the result, and the one fatal error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from attrs import define, field, frozen

Severity = Literal["warning", "note"]


@frozen
class Diagnostic:
    """One finding: where, what, and what was done about it.

    `line` counts from 1; it is None where the place is not in a file that was read. `pointer` is a JSON pointer.
    A warning means that the document is at fault; a note that something was typed less exactly than it is described.
    """

    severity: Severity
    file: str
    line: int | None
    pointer: str
    message: str
    action: str

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return (
            f"{self.file}{line}: {self.severity}: {self.message} ({self.action}) at #{self.pointer}"
        )


class InputError(Exception):
    """The input cannot be read as OpenAPI. The text is one sentence that says where and what to do."""

    def __init__(self, message: str, file: str = "", line: int | None = None) -> None:
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(where + message)


@define
class Diagnostics:
    """Collects findings while the stages run. `locate` gives the line of a pointer; it is asked only at the end."""

    locate: Callable[[str, str], int | None]
    _found: dict[tuple[str, str, str], tuple[Severity, str]] = field(factory=dict)

    def add(self, severity: Severity, file: str, pointer: str, message: str, action: str) -> None:
        self._found.setdefault((file, pointer, message), (severity, action))

    def __iter__(self) -> Iterator[Diagnostic]:
        for (file, pointer, message), (severity, action) in sorted(self._found.items()):
            yield Diagnostic(severity, file, self.locate(file, pointer), pointer, message, action)

    def __len__(self) -> int:
        return len(self._found)
