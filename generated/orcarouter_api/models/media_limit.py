"""The schema `#capabilities.schema.yaml#/$defs/MediaLimit` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import ItemFilter, Level, Source


@define(kw_only=True)
class MediaLimit(ApiModel):
    """Limits of the files at some paths. A missing property means no limit, or an
    unknown one.
    """

    paths: list[str]
    """The paths of such files in a request."""

    where: list[ItemFilter] | Unset = UNSET
    """Only items that meet all of these."""

    kind: Literal["image", "video", "audio"] | str
    encodings: list[Literal["url", "data_uri", "base64", "asset"] | str] | Unset = UNSET
    """The allowed encodings of a file: `url` (http or https), `data_uri`
    (`data:...;base64,...`), `base64` (bare), `asset` (`asset://ID`).
    """

    formats: list[str] | Unset = UNSET
    """File formats by their usual extension."""

    max_megabytes: float | Unset = UNSET
    min_side: int | Unset = UNSET
    """Pixels."""

    max_side: int | Unset = UNSET
    """Pixels."""

    min_pixels: int | Unset = UNSET
    """Width times height."""

    max_pixels: int | Unset = UNSET
    """Width times height."""

    min_ratio: float | Unset = UNSET
    """Width divided by height."""

    max_ratio: float | Unset = UNSET
    """Width divided by height."""

    min_seconds: float | Unset = UNSET
    max_seconds: float | Unset = UNSET
    total_max_seconds: float | Unset = UNSET
    """Total of all such files in a request."""

    min_frames_per_second: float | Unset = UNSET
    max_frames_per_second: float | Unset = UNSET
    level: Level
    """How severe a violation is. `error`: the request is invalid or will be rejected.
    `warning`: OrcaRouter's pages permit it, but according to the provider's it is
    rejected or ignored, or the sources disagree. `note`: information only.
    """

    source: list[Source]
    note: str | Unset = UNSET
    additional_properties: dict[str, Any] = field(
        factory=dict, metadata={"closed": True}
    )
