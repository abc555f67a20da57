"""The schema `#/components/schemas/SeedanceModel` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

SeedanceModel: TypeAlias = (
    Literal[
        "byteplus/dreamina-seedance-2-0-260128",
        "byteplus/seedance-2.0-fast",
        "byteplus/seedance-1-5-pro",
        "byteplus/seedance-1-0-pro",
        "byteplus/seedance-1-0-pro-fast",
        "byteplus/seedance-1-0-lite-i2v",
        "byteplus/seedance-1-0-lite-t2v",
    ]
    | str
)
"""A Seedance model. At the time of writing only `byteplus/dreamina-seedance-2-0-260128`
is available; the others are announced.
"""

SeedanceModelCodec: Codec[SeedanceModel] = Codec(SeedanceModel)
