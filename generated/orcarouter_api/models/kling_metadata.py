"""The schema `#/components/schemas/KlingMetadata` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import define

from .._runtime.model import UNSET, ApiModel, Unset

if TYPE_CHECKING:
    from ..models import KlingImage, KlingShot, KlingVideo, KlingWatermark


@define(kw_only=True)
class KlingMetadata(ApiModel):
    """Kling's parameters. Keys that are not listed are sent unchanged; Kling itself
    knows `callback_url`,
    `external_task_id`, `element_list` and `voice_list`, which OrcaRouter does not
    document.

    Examples:
        >>> KlingMetadata.from_dict({
        ...     "mode": "pro",
        ...     "duration": "10",
        ...     "aspect_ratio": "9:16",
        ... })
    """

    mode: Literal["std", "pro", "4k"] | str | Unset = UNSET
    """Quality: `std` (720p), `pro` (1080p) or `4k`. The default is `std`, but `pro` for
    the models with `image_list`; send it explicitly. `4k` needs kling-v3 or
    kling-v3-omni.
    """

    aspect_ratio: Literal["16:9", "9:16", "1:1"] | str | Unset = UNSET
    """Aspect ratio of the video. With a first frame, that of the image applies."""

    duration: str | Unset = UNSET
    """Length in whole seconds, as a string: "3" to "15" on kling-v3 and kling-v3-omni,
    "5" or "10" on the others. (pattern=^[1-9][0-9]*$) Default: "5".
    """

    negative_prompt: str | Unset = UNSET
    """What to avoid. Not for the models with `image_list`. (maxLength=2500)"""

    cfg_scale: float | Unset = UNSET
    """How strictly to follow the prompt; higher is stricter. Not on v2 models nor on
    those with `image_list`. (minimum=0, maximum=1) Default: 0.5.
    """

    image_tail: str | Unset = UNSET
    """Last frame, in the forms that `image` accepts. Not for the models with
    `image_list`, where an entry of type `end_frame` stands for it. (minLength=1)
    """

    image_list: list[KlingImage] | Unset = UNSET
    """Reference images. The prompt refers to them as `<<<image_1>>>`, `<<<image_2>>>`
    and so on. Only kling-video-o1 and kling-v3-omni.
    """

    video_list: list[KlingVideo] | Unset = UNSET
    """Reference video. Only kling-video-o1 and kling-v3-omni; on the latter 3 to 10
    seconds and not in mode `4k`.
    """

    multi_shot: bool | Unset = UNSET
    """Make several shots. Only kling-v3 and kling-v3-omni. Default: False."""

    shot_type: Literal["customize", "intelligence"] | str | Unset = UNSET
    """With `multi_shot`, whether `multi_prompt` defines the shots or the model chooses
    them.
    """

    multi_prompt: list[KlingShot] | Unset = UNSET
    """The shots, with `multi_shot` and shot type `customize`. Kling accepts up to six,
    whose lengths add up to `duration`.
    """

    sound: Literal["on", "off"] | str | Unset = UNSET
    """Native audio; Kling's default is `off`. On kling-v3 and kling-v3-omni in any
    mode, on kling-v2-6 in mode `pro`.
    """

    watermark_info: KlingWatermark | Unset = UNSET
    """Whether to watermark the video. Every Kling model supports it."""
