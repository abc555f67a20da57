"""The types of files: as a whole body, and as a part of a multipart one."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeAlias

    Content: TypeAlias = bytes | str | PathLike[str] | IO[bytes]
    # The content, or (file name, content), (file name, content, media type), or these and the headers of the part.
    Upload: TypeAlias = (
        Content
        | tuple[str, Content]
        | tuple[str, Content, str]
        | tuple[str, Content, str, Mapping[str, str]]
    )
else:
    Content = Any
    Upload = Any  # a response may hold such a property too, and is not converted
