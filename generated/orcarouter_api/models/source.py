"""`Source` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

Source: TypeAlias = (
    Literal["seed", "docs", "client", "gateway", "kling", "byteplus", "3p"] | str
)
"""Where a statement comes from; the words are explained in the README beside this
file.
"""

SourceCodec: Codec[Source] = Codec(Source)
