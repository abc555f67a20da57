"""`Level` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

Level: TypeAlias = Literal["error", "warning", "note"] | str
"""What a violation is: `error`, the request is wrong or will be refused; `warning`,
OrcaRouter's pages permit it and the provider is said to refuse or ignore it, or the
sources disagree; `note`, worth knowing.
"""

LevelCodec: Codec[Level] = Codec(Level)
