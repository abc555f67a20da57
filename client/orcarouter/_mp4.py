"""Whether a file is an MP4 file: its boxes at the top level (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

from typing import IO

__all__ = ["find_mp4_problem"]

_MAX_BOXES = 100_000  # a fragmented file has a few for each second


def find_mp4_problem(file: IO[bytes], size: int, *, to_end: bool) -> str | None:
    """Why the first `size` bytes of a file are not an MP4 file; None if they are.

    Only the beginning is read, unless `to_end`: then every box must end within the file, the last
    one with it, and there must be both an index (`moov`) and media (`mdat`).
    """
    file.seek(0)
    beginning = file.read(8)
    if beginning[4:] != b"ftyp":
        return f"it does not begin as an MP4 file does, but with {beginning!r}"
    if not to_end:
        return None
    types: set[bytes] = set()
    position = 0
    for _ in range(_MAX_BOXES):
        if position == size:
            missing = {b"moov", b"mdat"} - types
            return f"it has no {sorted(missing)[0].decode()} box" if missing else None
        file.seek(position)
        header = file.read(16)
        length, header_length = int.from_bytes(header[:4], "big"), 8
        if length == 1:  # the size follows, in 64 bits
            length, header_length = int.from_bytes(header[8:16], "big"), 16
        if length < header_length or position + length > size:
            return f"it ends within the box at byte {position}, and its size was not announced"
        types.add(header[4:8])
        position += length
    return f"it has more than {_MAX_BOXES} boxes"
