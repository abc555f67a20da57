"""The schema `#capabilities.schema.yaml#/$defs/Source` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

Source: TypeAlias = (
    Literal["seed", "docs", "client", "gateway", "kling", "byteplus", "3p"] | str
)
"""The source of a statement; spec/README.md explains the values."""

SourceCodec: Codec[Source] = Codec(Source)
