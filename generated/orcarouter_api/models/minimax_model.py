"""The schema `#/components/schemas/MinimaxModel` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

MinimaxModel: TypeAlias = Literal["minimax/minimax-h3"] | str
"""A MiniMax model."""

MinimaxModelCodec: Codec[MinimaxModel] = Codec(MinimaxModel)
