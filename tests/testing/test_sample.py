"""The sample video is a playable MP4: its boxes, tables and frames are consistent (ISO/IEC 14496-12)."""

import struct
from collections.abc import Iterator, Mapping

import httpx
import pytest
from tests.testing.support import emulator_settings, get_wrapped, submit

pytestmark = emulator_settings(queued=0, running=0)

_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of the payload of every box in data[start:end], parents first."""
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        assert 8 <= size <= end - start, f"{kind!r} at {start} is {size} bytes long"
        yield kind, start + 8, start + size
        if kind in _CONTAINERS:
            yield from _boxes(data, start + 8, start + size)
        start += size


@pytest.fixture
def video(api: httpx.Client, web: httpx.Client) -> bytes:
    return web.get(get_wrapped(api, submit(api))["result_url"]).content


@pytest.fixture
def boxes(video: bytes) -> Mapping[bytes, bytes]:
    return {kind: video[start:end] for kind, start, end in _boxes(video, 0, len(video))}


def _table(box: bytes, at: int, width: int) -> list[tuple[int, ...]]:
    """The rows of a table of 32-bit numbers; its number of rows is at offset `at`."""
    (rows,) = struct.unpack_from(">I", box, at)
    return [struct.unpack_from(f">{width}I", box, at + 4 + 4 * width * row) for row in range(rows)]


def test_small_and_streamable(video: bytes) -> None:
    assert video[4:8] == b"ftyp"
    assert video[8:12] == b"isom"
    kinds = [kind for kind, _, _ in _boxes(video, 0, len(video))]
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert len(video) < 10_000


def test_two_seconds_of_video(boxes: Mapping[bytes, bytes]) -> None:
    scale, duration = struct.unpack_from(">II", boxes[b"mvhd"], 12)
    assert duration / scale == 2.0
    assert boxes[b"hdlr"][8:12] == b"vide"
    width, height = struct.unpack_from(">II", boxes[b"tkhd"], 76)
    assert (width >> 16, height >> 16) == (320, 180)
    media_scale, media_duration = struct.unpack_from(">II", boxes[b"mdhd"], 12)
    ((frames, ticks),) = _table(boxes[b"stts"], 4, 2)
    assert frames * ticks == media_duration
    assert frames / (media_duration / media_scale) == 12.0


def test_decoder_configuration(boxes: Mapping[bytes, bytes]) -> None:
    description = boxes[b"stsd"][8:]
    assert description[4:8] == b"avc1"
    config = description[description.index(b"avcC") + 4 :]
    version, profile, _, _, length, sets = config[:6]
    assert (version, profile, length & 3, sets & 31) == (1, 66, 3, 1)
    (size,) = struct.unpack_from(">H", config, 6)
    assert config[8] & 31 == 7  # a sequence parameter set
    assert config[8 + size + 3] & 31 == 8  # a picture parameter set


def test_frames_are_where_the_tables_say(video: bytes, boxes: Mapping[bytes, bytes]) -> None:
    fixed, count = struct.unpack_from(">II", boxes[b"stsz"], 4)
    sizes = [size for (size,) in _table(boxes[b"stsz"], 8, 1)]
    assert (fixed, count) == (0, 24)
    assert _table(boxes[b"stsc"], 4, 3) == [(1, count, 1)]
    ((offset,),) = _table(boxes[b"stco"], 4, 1)
    ((_, start, end),) = [box for box in _boxes(video, 0, len(video)) if box[0] == b"mdat"]
    assert (offset, offset + sum(sizes)) == (start, end)
    keyframes = {number for (number,) in _table(boxes[b"stss"], 4, 1)}
    for number, size in enumerate(sizes, 1):
        kinds = set(_unit_types(video[offset : offset + size]))
        assert kinds & {1, 5} == ({5} if number in keyframes else {1})
        offset += size
    assert 1 in keyframes


def _unit_types(frame: bytes) -> Iterator[int]:
    """The types of the NAL units of a frame, each preceded by its length in four bytes."""
    while frame:
        (size,) = struct.unpack_from(">I", frame)
        assert 0 < size <= len(frame) - 4
        yield frame[4] & 31
        frame = frame[4 + size :]
