"""Streamed responses: server-sent events, JSON Lines, JSON text sequences."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar, Unpack

from attrs import field, frozen

from .annotations import get_reader
from .call import CallOptions, Request
from .encoder import parse_json
from .errors import DecodingError

T = TypeVar("T")
E = TypeVar("E")


class StreamOptions(CallOptions, total=False):
    """Keywords of `StreamCall.of`; see `StreamCall`."""

    item_type: Any
    stream_format: str
    whole_event: bool


@frozen
class StreamCall(Request[T], Generic[T, E]):
    """A call whose response can be streamed as items of type `item_type`.

    `stream_format` is sse, jsonl or json-seq. With `whole_event`, an item of server-sent events is an object with the
    event's data, name and id; without, it is the data alone.
    """

    item_type: Any = field(default=Any, kw_only=True, hash=False)
    stream_format: str = field(default="sse", kw_only=True)
    whole_event: bool = field(default=False, kw_only=True)

    @classmethod
    def of(
        cls, method: str, path: str, **options: Unpack[StreamOptions]
    ) -> StreamCall[Any, Any]:
        """A call of an operation; see `Call.of`."""
        return cls.build(method, path, **options)

    def items(self) -> Callable[[bytes | None], Iterable[E]]:
        """A function that takes each piece of a streamed body, then None, and returns the items that are complete.

        It raises DecodingError for a line that is not JSON.
        """
        decode: Callable[[Any], E] = get_reader(self.item_type).read
        # A record (RFC 7464) may have several lines.
        texts = Splitter("\x1e" if self.stream_format == "json-seq" else "\n")
        if self.stream_format != "sse":
            return lambda piece: (
                decode(self._parse(t)) for t in texts.feed(piece) if t.strip()
            )
        event: dict[str, Any] = {}

        def read_events(piece: bytes | None) -> Iterator[E]:
            for line in texts.feed(piece):
                if line:
                    _add_field(event, line)
                    continue
                if "data" in event:
                    yield decode(self._get_item(event))
                event.clear()

        return read_events

    def _get_item(self, event: dict[str, Any]) -> Any:
        if self.whole_event:
            return dict(event)
        try:
            return parse_json(event["data"])
        except ValueError:
            # Some servers end a stream with a word, such as [DONE].
            return event["data"]

    def _parse(self, text: str) -> Any:
        try:
            return parse_json(text)
        except ValueError as error:
            raise DecodingError.of(
                f"a line of the response to {self.request} is not JSON: it begins with {text[:60]!r}",
                request=self.request,
                content=text.encode(),
            ) from error


class Splitter:
    """Splits UTF-8 at a separator. Lines may end in CR, LF or CRLF, also in two pieces."""

    def __init__(self, separator: str) -> None:
        self._separator, self._rest = separator, ""
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)

    def feed(self, piece: bytes | None) -> list[str]:
        """The texts that are complete; for None, the last one, unless it is empty."""
        text = self._rest + self._decoder.decode(piece or b"", final=piece is None)
        *texts, self._rest = text.split(self._separator)
        return [*texts, self._rest] if piece is None and self._rest else texts


def _add_field(event: dict[str, Any], line: str) -> None:
    """Add a field to a server-sent event (HTML, section 9.2.6)."""
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if name == "data":
        event["data"] = f"{event['data']}\n{value}" if "data" in event else value
    elif name in ("event", "id"):
        event[name] = value
    elif name == "retry" and value.isdigit():
        event["retry"] = int(value)
