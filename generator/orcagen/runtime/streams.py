"""Streamed responses: server-sent events, JSON Lines, JSON text sequences."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Self, TypeVar, Unpack

from attrs import evolve, field, frozen

from .annotations import get_reader
from .call import CallOptions, Request
from .encoder import parse_json
from .errors import DecodingError
from .media_types import essence, is_json
from .model import ApiModel, model_reader
from .scores import scorer

T = TypeVar("T")
E = TypeVar("E")


# The media types of each format, as patterns.
_MEDIA_TYPES = {
    "sse": "text/event-stream",
    "jsonl": r".*/(x-)?(jsonl|ndjson|jsonlines)",
    "json-seq": r".*[/+]json-seq",
}
_VAGUE = ("", "text/plain", "application/octet-stream")
# What many services send as the data of their last event.
_SENTINEL = "[DONE]"


class StreamOptions(CallOptions, total=False):
    """Keywords of `StreamCall.of`; see `StreamCall`."""

    item_type: Any
    stream_format: str
    whole_event: bool
    json_data: bool
    needs_data: bool


@frozen
class StreamCall(Request[T], Generic[T, E]):
    """A call whose response can be streamed as items of type `item_type`.

    `stream_format` is sse, jsonl or json-seq. With `whole_event`, an item of server-sent events is an object with the
    event's data, name and id; without, it is the data alone. With `json_data`, the data of whole events is decoded where
    the type says so; without `needs_data`, events that have none are items, too.
    """

    item_type: Any = field(default=Any, kw_only=True, hash=False)
    stream_format: str = field(default="sse", kw_only=True)
    whole_event: bool = field(default=False, kw_only=True)
    json_data: bool = field(default=False, kw_only=True)
    needs_data: bool = field(default=True, kw_only=True)

    @classmethod
    def of(
        cls, method: str, path: str, **options: Unpack[StreamOptions]
    ) -> StreamCall[Any, Any]:
        """A call of an operation; see `Call.of`."""
        return cls.build(method, path, **options)

    def as_stream(self) -> Self:
        """The call with an Accept header for the stream alone."""
        accepted = self.responses.accept.split(", ")
        accept = ", ".join(filter(self._is_stream, accepted))
        return evolve(self, accept=self.accept or accept or None)

    def find_problem(self, content_type: str) -> str | None:
        received = essence(content_type)
        documented = [essence(m) for m in self.responses.accept.split(",")]
        # Some servers call lines of JSON JSON.
        is_lines = self.stream_format != "sse" and is_json(received)
        if (
            received in _VAGUE
            or self._is_stream(received)
            or (is_lines and received not in documented)
        ):
            return None
        return (
            f"no stream ({self.stream_format}); some APIs stream only if the body of the request says so, such as with"
            ' `"stream": true`'
        )

    def _is_stream(self, media_type: str) -> bool:
        return bool(re.fullmatch(_MEDIA_TYPES[self.stream_format], essence(media_type)))

    def items(self) -> Callable[[bytes | None], Iterable[E]]:
        """A function that takes each piece of a streamed body, then None, and returns the items that are complete.

        It raises DecodingError for a line that is not JSON.
        """
        if self.stream_format == "sse":
            return EventReader(self)
        decode: Callable[[Any], E] = get_reader(self.item_type).read
        # A record (RFC 7464) may have several lines.
        texts = Splitter("\x1e" if self.stream_format == "json-seq" else "\n")
        return lambda piece: (
            self.parse(t, decode) for t in texts.feed(piece) if t.strip()
        )

    def parse(self, text: str, read: Callable[[Any], Any]) -> Any:
        """A JSON text as `read` gives its value. Raises DecodingError."""
        try:
            return read(parse_json(text))
        except (ValueError, RecursionError) as error:
            raise DecodingError.of(
                f"a line of the response to {self.request} is not JSON, or nested too deeply: it begins with {text[:60]!r}",
                request=self.request,
                content=text.encode(),
            ) from error


class EventReader(Generic[E]):
    """Reads server-sent events (HTML, section 9.2.6). `ended` says that the data of the last one was the sentinel."""

    def __init__(self, call: StreamCall[Any, E]) -> None:
        self.call, self.ended = call, False
        self._reader = get_reader(call.item_type)
        self._lines = Splitter("\n")
        self._event: dict[str, Any] = {}
        self._data: list[str] = []

    def __call__(self, piece: bytes | None) -> Iterator[E]:
        for line in self._lines.feed(piece):
            if line:
                self._add_field(line)
                continue
            event, data = self._event, self._data
            self._event, self._data = {}, []
            if data:
                event["data"] = "\n".join(data)
            if data or (event and not self.call.needs_data):
                item = self._read(event)
                if self.ended:
                    return
                yield item

    def _add_field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event" or (name == "id" and "\0" not in value):
            self._event[name] = value
        elif name == "retry" and re.fullmatch("[0-9]{1,18}", value):
            self._event["retry"] = int(value)

    def _read(self, event: dict[str, Any]) -> Any:
        if self.call.whole_event:
            return self._read_whole(event)
        text = event.get("data", "")
        if self.call.item_type is str:
            return text
        try:
            return self._reader.read(parse_json(text))
        except (ValueError, RecursionError):
            # Text, if the document has it; else it is the end, or kept as it came.
            self.ended = text == _SENTINEL and scorer(self._reader)(text) < 1
            return self._reader.read(text)

    def _read_whole(self, event: dict[str, Any]) -> Any:
        item = self._reader.read(event)
        if not self.call.json_data:
            return item
        try:
            decoded: dict[str, Any] = {
                **event,
                "data": parse_json(event.get("data", "")),
            }
        except (ValueError, RecursionError):
            is_sentinel = event.get("data") == _SENTINEL
            self.ended = is_sentinel and not _describes_sentinel(item, event)
            return item
        other = self._reader.read(decoded)
        return other if _fit(other, decoded) >= _fit(item, event) else item


def _fit(item: Any, event: dict[str, Any]) -> float:
    """How well an event matches the class that was chosen for it."""
    if not isinstance(item, ApiModel):
        return 0.0
    return scorer(model_reader(type(item)))(event)


def _describes_sentinel(item: Any, event: dict[str, Any]) -> bool:
    """Whether the class of an event is one with such text, and with all that it requires."""
    if not isinstance(item, ApiModel) or _fit(item, event) <= 1:
        return False
    data = model_reader(type(item)).readers.get("data")
    return data is None or scorer(data)(_SENTINEL) >= 1


class Splitter:
    """Splits UTF-8 at a separator. Lines may end in CR, LF or CRLF, also in two pieces."""

    def __init__(self, separator: str) -> None:
        self._separator = separator
        self._rest: list[str] = []  # the beginning of a text, not joined before its end
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)

    def feed(self, piece: bytes | None) -> list[str]:
        """The texts that are complete; for None, the last one, unless it is empty."""
        text = self._decoder.decode(piece or b"", final=piece is None)
        first, *others = text.split(self._separator)
        self._rest.append(first)
        texts: list[str] = []
        if others:
            texts = ["".join(self._rest), *others[:-1]]
            self._rest = others[-1:]
        last = "".join(self._rest) if piece is None else ""
        return [*texts, last] if last else texts
