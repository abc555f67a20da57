"""The schema `#/components/schemas/MinimaxVideoRequest` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import MinimaxMetadata, MinimaxModel


@define(kw_only=True)
class MinimaxVideoRequest(ApiModel):
    """A task for a MiniMax model. Length, size and images are at the top level, not in
    `metadata`.

    Examples:
        >>> MinimaxVideoRequest.from_dict({
        ...     "model": "minimax/minimax-h3",
        ...     "prompt": "A tram turns the corner at night",
        ...     "seconds": "8",
        ...     "size": "2K",
        ... })
    """

    model: MinimaxModel = field(metadata={"pattern": "^minimax/"})
    """A MiniMax model."""

    prompt: str
    """What the video shows. Must not be blank. (maxLength=7000, pattern=\\S)"""

    duration: int | Unset = UNSET
    """Length in seconds, 4 to 15. Default: 6."""

    seconds: str | Unset = UNSET
    """The length as a string, instead of `duration`."""

    size: Literal["768P", "2K"] | str | Unset = UNSET
    """`768P` or `2K`; a `WIDTHxHEIGHT` of height 768, 1440 or 2048 is accepted too.
    Default: "768P".
    """

    image: str | Unset = UNSET
    """One reference image, instead of `images`. (minLength=1)"""

    images: list[str] | Unset = UNSET
    """Reference images, as URLs or base64 data URIs. (maxItems=9)"""

    metadata: MinimaxMetadata | Unset = UNSET
    """MiniMax's remaining parameters. Keys that are not listed are sent unchanged."""
