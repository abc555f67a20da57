"""What may be given for a file in a form."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeAlias

    Content: TypeAlias = bytes | str | IO[bytes]
    # The content alone, or behind the name of the file and before its media type.
    Upload: TypeAlias = Content | tuple[str, Content] | tuple[str, Content, str]
else:
    Upload = Any  # in an answer, it stays what came
