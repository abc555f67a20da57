"""The schema `#/components/schemas/KlingVideoRequest` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import KlingMetadata, KlingModel


@define(kw_only=True)
class KlingVideoRequest(ApiModel):
    """A task for a Kling model. The fields of `metadata` decide whether Kling generates
    it from text, from an image or from several sources.

    Examples:
        >>> KlingVideoRequest.from_dict({
        ...     "model": "kling/kling-v2-6",
        ...     "prompt": "Steam rises from a cup",
        ... })
    """

    model: KlingModel = field(metadata={"pattern": "^kling/"})
    """A Kling model. Any model may serve text-to-video and image-to-video; only
    `kling/kling-video-o1` and `kling/kling-v3-omni` accept `image_list` and
    `video_list`.
    """

    prompt: str
    """What the video shows. Must not be blank. With several sources, `<<<image_1>>>`
    refers to the first entry of `image_list`. Kling reads at most 2500 characters.
    (pattern=\\S)
    """

    image: str | Unset = UNSET
    """First frame: a URL, or a file as a base64 data URI. Belongs with
    `metadata.image_tail`, the last frame. (minLength=1)
    """

    metadata: KlingMetadata | Unset = UNSET
    """Kling's parameters. Keys that are not listed are sent unchanged; Kling itself
    knows `callback_url`, `external_task_id`, `element_list` and `voice_list`, which
    OrcaRouter does not document.
    """
