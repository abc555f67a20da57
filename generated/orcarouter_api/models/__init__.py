"""The schemas: a class for each object, a type alias for each other one. Loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .asset import Asset as Asset
    from .asset_error import AssetError as AssetError
    from .asset_group import AssetGroup as AssetGroup
    from .asset_group_page import AssetGroupPage as AssetGroupPage
    from .asset_group_request import AssetGroupRequest as AssetGroupRequest
    from .asset_moderation import AssetModeration as AssetModeration
    from .asset_page import AssetPage as AssetPage
    from .asset_reference import AssetReference as AssetReference
    from .asset_request import AssetRequest as AssetRequest
    from .asset_status import AssetStatus as AssetStatus
    from .capability_table import CapabilityTable as CapabilityTable
    from .combination_rule import CombinationRule as CombinationRule
    from .condition import Condition as Condition
    from .count_rule import CountRule as CountRule
    from .error_body import ErrorBody as ErrorBody
    from .excludes_rule import ExcludesRule as ExcludesRule
    from .exclusive_rule import ExclusiveRule as ExclusiveRule
    from .feature import Feature as Feature
    from .group import Group as Group
    from .item_filter import ItemFilter as ItemFilter
    from .kling_image import KlingImage as KlingImage
    from .kling_metadata import KlingMetadata as KlingMetadata
    from .kling_model import KlingModel as KlingModel
    from .kling_shot import KlingShot as KlingShot
    from .kling_video import KlingVideo as KlingVideo
    from .kling_video_request import KlingVideoRequest as KlingVideoRequest
    from .kling_watermark import KlingWatermark as KlingWatermark
    from .level import Level as Level
    from .media_limit import MediaLimit as MediaLimit
    from .media_url import MediaUrl as MediaUrl
    from .minimax_metadata import MinimaxMetadata as MinimaxMetadata
    from .minimax_model import MinimaxModel as MinimaxModel
    from .minimax_video_request import MinimaxVideoRequest as MinimaxVideoRequest
    from .model import Model as Model
    from .model_architecture import ModelArchitecture as ModelArchitecture
    from .model_capabilities import ModelCapabilities as ModelCapabilities
    from .model_list import ModelList as ModelList
    from .open_ai_error import OpenAIError as OpenAIError
    from .open_ai_error_detail import OpenAIErrorDetail as OpenAIErrorDetail
    from .other_video_request import OtherVideoRequest as OtherVideoRequest
    from .output import Output as Output
    from .output_resolution import OutputResolution as OutputResolution
    from .parameter_rule import ParameterRule as ParameterRule
    from .references_rule import ReferencesRule as ReferencesRule
    from .request_limit import RequestLimit as RequestLimit
    from .requires_rule import RequiresRule as RequiresRule
    from .scalar import Scalar as Scalar
    from .seedance_audio_item import SeedanceAudioItem as SeedanceAudioItem
    from .seedance_content_item import SeedanceContentItem as SeedanceContentItem
    from .seedance_image_item import SeedanceImageItem as SeedanceImageItem
    from .seedance_metadata import SeedanceMetadata as SeedanceMetadata
    from .seedance_model import SeedanceModel as SeedanceModel
    from .seedance_text_item import SeedanceTextItem as SeedanceTextItem
    from .seedance_video_item import SeedanceVideoItem as SeedanceVideoItem
    from .seedance_video_request import SeedanceVideoRequest as SeedanceVideoRequest
    from .selector import Selector as Selector
    from .sequence_rule import SequenceRule as SequenceRule
    from .source import Source as Source
    from .submission_status import SubmissionStatus as SubmissionStatus
    from .sum_rule import SumRule as SumRule
    from .task_error import TaskError as TaskError
    from .task_status import TaskStatus as TaskStatus
    from .typical_wait import TypicalWait as TypicalWait
    from .video import Video as Video
    from .video_error import VideoError as VideoError
    from .video_metadata import VideoMetadata as VideoMetadata
    from .video_request import VideoRequest as VideoRequest
    from .video_status import VideoStatus as VideoStatus
    from .video_submission import VideoSubmission as VideoSubmission
    from .video_task import VideoTask as VideoTask
    from .video_task_data import VideoTaskData as VideoTaskData
    from .video_task_properties import VideoTaskProperties as VideoTaskProperties
    from .video_usage import VideoUsage as VideoUsage

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
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("." + MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULES})
