"""The schema `#/components/schemas/SeedanceMetadata` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import SeedanceContentItem


@define(kw_only=True)
class SeedanceMetadata(ApiModel):
    """Seedance's parameters. Keys that are not listed are sent unchanged; BytePlus
    itself knows
    `execution_expires_after`, `frames`, `camera_fixed`, `draft`, `tools`,
    `safety_identifier` and `priority`, which
    OrcaRouter does not document.

    Examples:
        >>> SeedanceMetadata.from_dict({
        ...     "ratio": "16:9",
        ...     "duration": 5,
        ...     "resolution": "720p",
        ... })
    """

    content: list[SeedanceContentItem] | Unset = UNSET
    """Source material. One image is the first frame; two with the roles `first_frame`
    and `last_frame` are the two ends; `reference_*` items are references. Frames and
    references exclude each other.
    """

    ratio: (
        Literal["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"] | str | Unset
    ) = UNSET
    """Aspect ratio of the video; `adaptive`, the default of 2.0, is that of the source
    material.
    """

    duration: int | Unset = UNSET
    """Length in seconds: 4 to 15 on 2.0, 4 to 12 on 1.5, 2 to 12 on 1.0. BytePlus
    accepts -1 on 2.0 and 1.5, which lets the model choose; its default is 5.
    """

    resolution: Literal["480p", "720p", "1080p"] | str | Unset = UNSET
    """Height of the picture. The default is `720p` on 2.0. Newer BytePlus text also
    names `4k`.
    """

    generate_audio: bool | Unset = UNSET
    """Generate a soundtrack. On by default at BytePlus; send it explicitly."""

    watermark: bool | Unset = UNSET
    """Add a watermark. Off by default."""

    seed: int | Unset = UNSET
    """Seed of the random choices, -1 to 4294967295; -1, the default, uses a new one
    each time.
    """

    service_tier: Literal["default", "flex"] | str | Unset = UNSET
    """Queue at BytePlus: `default`, or `flex`, which is slower and which 2.0 does not
    have.
    """

    return_last_frame: bool | Unset = UNSET
    """Add the URL of the last frame to the provider's part of the result. Off by
    default.
    """

    callback_url: str | Unset = UNSET
    """URL that is called when the task changes. The call comes from BytePlus, in its
    own format and with its own task id; treat it as a hint and poll.
    """
