"""Where options go in the body of each family of models, and as which type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from orcarouter.cli.compose import compose
from orcarouter.cli.request_file import read_request

V3 = "kling/kling-v3"
OMNI = "kling/kling-v3-omni"
SEEDANCE = "byteplus/dreamina-seedance-2-0-260128"
MINIMAX = "minimax/minimax-h3"
A, B = "https://h/a.png", "https://h/b.png"
CLIP = "https://h/a.mp4"


def composed(model: str, *, media: Any = None, settings: Any = (), **flags: str) -> dict[str, Any]:
    """The body without model and prompt."""
    all_flags = {"model": model, "prompt": "x", **flags}
    body = compose({}, flags=all_flags, media=media or {}, settings=settings)
    assert (body.pop("model"), body.pop("prompt")) == (model, "x")
    return body


@pytest.mark.parametrize(
    ("model", "flags", "body"),
    [
        (V3, {"duration": "5"}, {"metadata": {"duration": "5"}}),
        (SEEDANCE, {"duration": "5"}, {"metadata": {"duration": 5}}),
        (MINIMAX, {"duration": "5"}, {"duration": 5}),
        (SEEDANCE, {"duration": "long"}, {"metadata": {"duration": "long"}}),
        (V3, {"aspect_ratio": "1:1"}, {"metadata": {"aspect_ratio": "1:1"}}),
        (SEEDANCE, {"aspect_ratio": "1:1"}, {"metadata": {"ratio": "1:1"}}),
        (SEEDANCE, {"resolution": "720p"}, {"metadata": {"resolution": "720p"}}),
        (MINIMAX, {"resolution": "2K"}, {"size": "2K"}),
        (V3, {"sound": "on"}, {"metadata": {"sound": "on"}}),
        (SEEDANCE, {"sound": "off"}, {"metadata": {"generate_audio": False}}),
        (SEEDANCE, {"seed": "7"}, {"metadata": {"seed": 7}}),
        (OMNI, {"negative_prompt": "text"}, {"metadata": {"negative_prompt": "text"}}),
        ("other/model", {"duration": "5"}, {"metadata": {"duration": "5"}}),
    ],
)
def test_flags(model: str, flags: dict[str, str], body: dict[str, Any]) -> None:
    assert composed(model, **flags) == body


@pytest.mark.parametrize(
    ("model", "flags", "text"),
    [
        (V3, {"seed": "7"}, "--seed: kling/kling-v3 has no such parameter"),
        (SEEDANCE, {"negative_prompt": "x"}, "--negative-prompt: .* has no such parameter"),
        (V3, {"resolution": "1080p"}, "--resolution: .* has no such parameter"),
        ("kling/kling-video-o1", {"seed": "1"}, "orcarouter capabilities kling/kling-video-o1"),
    ],
)
def test_flags_that_the_model_lacks(model: str, flags: dict[str, str], text: str) -> None:
    with pytest.raises(click.ClickException, match=text):
        composed(model, **flags)


FRAMES = {"first_frame": [A], "last_frame": [B]}


@pytest.mark.parametrize(
    ("model", "media", "body"),
    [
        (V3, FRAMES, {"image": A, "metadata": {"image_tail": B}}),
        (
            OMNI,
            FRAMES,
            {
                "metadata": {
                    "image_list": [
                        {"image_url": A, "type": "first_frame"},
                        {"image_url": B, "type": "end_frame"},
                    ]
                }
            },
        ),
        (
            OMNI,
            {"reference_image": [A, B], "reference_video": [CLIP]},
            {
                "metadata": {
                    "image_list": [{"image_url": A}, {"image_url": B}],
                    "video_list": [{"video_url": CLIP}],
                }
            },
        ),
        (
            SEEDANCE,
            {"reference_image": [A], "reference_video": [CLIP]},
            {
                "metadata": {
                    "content": [
                        {"type": "image_url", "image_url": {"url": A}, "role": "reference_image"},
                        {
                            "type": "video_url",
                            "video_url": {"url": CLIP},
                            "role": "reference_video",
                        },
                    ]
                }
            },
        ),
        (MINIMAX, FRAMES, {"metadata": {"first_frame_image": A, "last_frame_image": B}}),
        (
            MINIMAX,
            {"reference_image": [A, B], "reference_video": [CLIP]},
            {"images": [A, B], "metadata": {"video_urls": [CLIP]}},
        ),
        (V3, {"first_frame": ["asset://asset-1"]}, {"image": "asset://asset-1"}),
        (V3, {"first_frame": ["a.png"]}, {"image": Path("a.png")}),
    ],
)
def test_media(model: str, media: dict[str, list[str]], body: dict[str, Any]) -> None:
    assert composed(model, media=media) == body


@pytest.mark.parametrize(
    ("setting", "metadata"),
    [
        ("metadata.cfg_scale=0.7", {"cfg_scale": 0.7}),
        ('metadata.duration="5"', {"duration": "5"}),
        ("metadata.mode=pro", {"mode": "pro"}),
        ("metadata.watermark_info.enabled=true", {"watermark_info": {"enabled": True}}),
        ('metadata.multi_prompt=[{"index": 1}]', {"multi_prompt": [{"index": 1}]}),
        ("metadata.negative_prompt=a=b", {"negative_prompt": "a=b"}),
    ],
)
def test_settings(setting: str, metadata: dict[str, Any]) -> None:
    assert composed(V3, settings=[setting]) == {"metadata": metadata}


@pytest.mark.parametrize("setting", ["mode", "=x", "metadata..x=1", "model.x=1"])
def test_invalid_settings(setting: str) -> None:
    with pytest.raises(click.ClickException):
        composed(V3, settings=[setting])


def test_file_references_are_relative_to_the_request_file(tmp_path: Path) -> None:
    file = tmp_path / "request.yaml"
    file.write_text(
        "{model: m, image: 'file:first.png', metadata: {image_tail: 'file:///abs/b.png'}}"
    )
    request = read_request(str(file))
    assert request["image"] == tmp_path / "first.png"
    assert request["metadata"] == {"image_tail": Path("/abs/b.png")}
