"""The schema `#/components/schemas/AssetStatus` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

AssetStatus: TypeAlias = Literal["Processing", "Active", "Failed"] | str
"""State of an asset. Only an `Active` one can be used."""

AssetStatusCodec: Codec[AssetStatus] = Codec(AssetStatus)
