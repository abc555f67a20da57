"""The schema `#capabilities.schema.yaml#/$defs/Scalar` of OrcaRouter video API."""

from __future__ import annotations

from typing import TypeAlias

from .._runtime.model import Codec

Scalar: TypeAlias = str | float | bool
"""A JSON string, number or boolean, compared by type and value."""

ScalarCodec: Codec[Scalar] = Codec(Scalar)
