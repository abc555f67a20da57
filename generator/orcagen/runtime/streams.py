"""Responses that come piece by piece: server-sent events, JSON lines, JSON text sequences."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from .call import Request
from .errors import DecodingError
from .model import codec

T = TypeVar("T")
E = TypeVar("E")


@frozen
class StreamCall(Request[T], Generic[T, E]):
    """A call whose answer can be streamed as values of type E.

    `item_type` is that type. `stream_format` is sse, jsonl or json-seq. `whole_event` says that a value is the whole event, with its
    name and id, and not only its data.
    """

    item_type: str = field(default="Any", kw_only=True)
    stream_format: str = field(default="sse", kw_only=True)
    whole_event: bool = field(default=False, kw_only=True)

    @classmethod
    def of(cls, method: str, path: str, **parts: Any) -> StreamCall[Any, Any]:
        """A call with its arguments in their places; see `build`."""
        return cls.build(method, path, **parts)

    def items(self) -> Callable[[bytes | None], Iterable[E]]:
        """Takes the pieces of an answer, then None; gives the values that are complete.

        Raises DecodingError for a line that is not JSON.
        """
        decode = codec(self.item_type).decode
        if self.stream_format == "json-seq":
            records = Records()
            return lambda piece: (decode(self._parsed(r)) for r in records.feed(piece))
        lines = Lines()
        if self.stream_format == "jsonl":
            return lambda piece: (
                decode(self._parsed(line)) for line in lines.feed(piece) if line.strip()
            )
        event: dict[str, Any] = {}

        def take(piece: bytes | None) -> Iterator[E]:
            for line in lines.feed(piece):
                if line:
                    _add(event, line)
                    continue
                if "data" in event:
                    yield decode(self._value(event))
                event.clear()

        return take

    def _value(self, event: dict[str, Any]) -> Any:
        if self.whole_event:
            return dict(event)
        try:
            return json.loads(event["data"])
        except ValueError:
            return event[
                "data"
            ]  # a word that ends the stream, by the habit of some servers

    def _parsed(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as reason:
            raise DecodingError.of(
                f"a line of the answer to {self.request} is not JSON: it begins with {text[:60]!r}",
                request=self.request,
                content=text.encode(),
            ) from reason


class Records:
    """Splits text at record separators (RFC 7464); a record may span lines."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, piece: bytes | None) -> list[str]:
        """The records that are complete; with None, the last one too."""
        text = self._rest + self._decoder.decode(piece or b"", final=piece is None)
        *whole, self._rest = text.split("\x1e")
        if piece is None:
            whole.append(self._rest)
        return [record for record in whole if record.strip()]


class Lines:
    """Splits text into lines at CR, LF or CRLF, however the pieces fall."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""

    def feed(self, piece: bytes | None) -> list[str]:
        """The lines that are complete; with None, the last one too."""
        text = self._rest + self._decoder.decode(piece or b"", final=piece is None)
        if piece is None:
            self._rest = ""
            return (
                [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
                if text
                else []
            )
        held = "\r" if text.endswith("\r") else ""
        lines = (
            text[: len(text) - len(held)]
            .replace("\r\n", "\n")
            .replace("\r", "\n")
            .split("\n")
        )
        self._rest = lines.pop() + held
        return lines


def _add(event: dict[str, Any], line: str) -> None:
    """One line of the event stream format of HTML, section 9.2."""
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if name == "data":
        event["data"] = f"{event['data']}\n{value}" if "data" in event else value
    elif name in ("event", "id"):
        event[name] = value
    elif name == "retry" and value.isdigit():
        event["retry"] = int(value)
