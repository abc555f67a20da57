"""The type of a file in a multipart body."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeAlias

    Content: TypeAlias = bytes | str | IO[bytes]
    # The content, or (file name, content), or (file name, content, media type).
    Upload: TypeAlias = Content | tuple[str, Content] | tuple[str, Content, str]
else:
    Upload = Any  # a response may hold such a property too, and is not converted
