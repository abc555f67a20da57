"""One class per schema that is an object, one type alias per other schema.

Each is loaded when it is first used; type checkers read `__init__.pyi` instead.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any

MODULES: dict[str, str] = {
    "Asset": "asset",
    "AssetError": "asset_error",
    "AssetGroup": "asset_group",
    "AssetGroupPage": "asset_group_page",
    "AssetGroupRequest": "asset_group_request",
    "AssetModeration": "asset_moderation",
    "AssetPage": "asset_page",
    "AssetReference": "asset_reference",
    "AssetRequest": "asset_request",
    "AssetStatus": "asset_status",
    "CapabilityTable": "capability_table",
    "CombinationRule": "combination_rule",
    "Condition": "condition",
    "CountRule": "count_rule",
    "ErrorBody": "error_body",
    "ExcludesRule": "excludes_rule",
    "ExclusiveRule": "exclusive_rule",
    "Feature": "feature",
    "Group": "group",
    "ItemFilter": "item_filter",
    "KlingImage": "kling_image",
    "KlingMetadata": "kling_metadata",
    "KlingModel": "kling_model",
    "KlingShot": "kling_shot",
    "KlingVideo": "kling_video",
    "KlingVideoRequest": "kling_video_request",
    "KlingWatermark": "kling_watermark",
    "Level": "level",
    "MediaLimit": "media_limit",
    "MediaUrl": "media_url",
    "MinimaxMetadata": "minimax_metadata",
    "MinimaxModel": "minimax_model",
    "MinimaxVideoRequest": "minimax_video_request",
    "Model": "model",
    "ModelArchitecture": "model_architecture",
    "ModelCapabilities": "model_capabilities",
    "ModelList": "model_list",
    "OpenAIError": "open_ai_error",
    "OpenAIErrorDetail": "open_ai_error_detail",
    "OtherVideoRequest": "other_video_request",
    "Output": "output",
    "OutputResolution": "output_resolution",
    "ParameterRule": "parameter_rule",
    "ReferencesRule": "references_rule",
    "RequestLimit": "request_limit",
    "RequiresRule": "requires_rule",
    "Scalar": "scalar",
    "SeedanceAudioItem": "seedance_audio_item",
    "SeedanceContentItem": "seedance_content_item",
    "SeedanceImageItem": "seedance_image_item",
    "SeedanceMetadata": "seedance_metadata",
    "SeedanceModel": "seedance_model",
    "SeedanceTextItem": "seedance_text_item",
    "SeedanceVideoItem": "seedance_video_item",
    "SeedanceVideoRequest": "seedance_video_request",
    "Selector": "selector",
    "SequenceRule": "sequence_rule",
    "Source": "source",
    "SubmissionStatus": "submission_status",
    "SumRule": "sum_rule",
    "TaskError": "task_error",
    "TaskStatus": "task_status",
    "TypicalWait": "typical_wait",
    "Video": "video",
    "VideoError": "video_error",
    "VideoMetadata": "video_metadata",
    "VideoRequest": "video_request",
    "VideoStatus": "video_status",
    "VideoSubmission": "video_submission",
    "VideoTask": "video_task",
    "VideoTaskData": "video_task_data",
    "VideoTaskProperties": "video_task_properties",
    "VideoUsage": "video_usage",
}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return [*MODULES]
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module("." + MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULES})


def union_readers() -> Any:
    """The classes that read unions whose members are chosen by structure or tag. They are imported when the first one is read."""
    from .._runtime.unions import READERS

    return READERS


def format_reader() -> Any:
    """The class that reads strings with a format. It is imported when the first one is read."""
    from .._runtime.formats import FormatReader

    return FormatReader
