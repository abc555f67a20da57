"""The schema `#capabilities.schema.yaml#/$defs/Level` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

Level: TypeAlias = Literal["error", "warning", "note"] | str
"""How severe a violation is. `error`: the request is invalid or will be rejected.
`warning`: OrcaRouter's pages permit it, but according to the provider's it is
rejected or ignored, or the sources disagree. `note`: information only.
"""

LevelCodec: Codec[Level] = Codec(Level)
