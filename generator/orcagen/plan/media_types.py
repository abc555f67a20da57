"""What the planner knows about media types."""

from __future__ import annotations

from typing import Literal

from orcagen.openapi import MediaType

STREAM_FORMATS: dict[str, Literal["sse", "jsonl", "json-seq"]] = {
    "text/event-stream": "sse",
    "application/jsonl": "jsonl",
    "application/x-jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/ndjson": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/jsonlines": "jsonl",
    "application/json-seq": "json-seq",
    "application/geo+json-seq": "json-seq",
}


def strip_parameters(media_type: str) -> str:
    """The media type without parameters such as `charset`, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    return strip_parameters(media_type).endswith(("/json", "+json"))


def is_xml(media_type: str) -> bool:
    return strip_parameters(media_type).endswith(("/xml", "+xml"))


def is_text(media_type: str) -> bool:
    plain = strip_parameters(media_type)
    return plain.startswith("text/") or is_xml(plain)


def is_json_range(media_type: str) -> bool:
    """Whether a media type is one of JSON, or a range that includes it."""
    return is_json(media_type) or strip_parameters(media_type) in ("*/*", "application/*")


def is_range_of_type(media_type: str) -> bool:
    """Whether a media type is a range within one type, such as `image/*`."""
    return media_type.endswith("/*") and media_type != "*/*"


def says_the_same(media_type: str) -> bool:
    """Whether a media type beside JSON, with the same schema, is only another spelling of the same value."""
    plain = strip_parameters(media_type)
    return "*" in plain or plain.endswith(("/xml", "+xml", "/yaml", "-yaml", "text/plain"))


def drop_redundant(content: tuple[MediaType, ...]) -> list[MediaType]:
    """The media types without those that offer nothing new: ranges, and the unregistered `text/json`, where another one
    has the same schema."""
    vague = [c for c in content if "*" in c.media_type or c.media_type.startswith("text/json")]
    exact = [c.schema.value if c.schema else None for c in content if c not in vague]
    return [
        c for c in content if c not in vague or (c.schema.value if c.schema else None) not in exact
    ] or list(content)
