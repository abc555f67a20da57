"""Settings of the emulated service: durations, errors, credentials, and known quirks of the real one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, TypedDict

import attrs

from orcagen.mock.validators import (
    BOOLEAN,
    NAMES,
    NON_NEGATIVE_INT,
    POSITIVE_INT,
    SECONDS,
    ScriptError,
    must_be,
    one_of,
    reject_unknown,
)

__all__ = [
    "QUIRKS",
    "Check",
    "ErrorFormatSetting",
    "Quirk",
    "Settings",
    "SettingsKwargs",
    "ViolationLike",
]


class ViolationLike(Protocol):
    """A violation that a check reports; `str()` of it is the text of the error response."""

    @property
    def level(self) -> str:
        """`error` rejects the submission; `warning` and `note` do not."""
        ...


Check = Callable[[Mapping[str, Any]], Iterable[ViolationLike]]
"""A function that takes the JSON body of a submission and returns its violations."""

Quirk = Literal[
    "url_in_fail_reason",
    "reason_in_result_url",
    "url_in_provider_data_only",
    "internal_fields",
    "no_wrapper_code",
    "empty_progress",
    "legacy_flat",
    "wrapped_flat",
    "created_at_milliseconds",
    "empty_id_and_model",
    "early_completed_at",
    "failure_without_error",
    "no_submission_status",
    "short_submission",
    "task_id_only",
    "unknown_task_400",
    "no_credit_403",
    "unknown_model_503",
    "never_ends",
]
"""A deviation of the service, or of one of its versions, from its documentation; see `QUIRKS`."""

QUIRKS: Mapping[str, str] = {
    # In the wrapped form of a task (`GET /video/generations/{task_id}`)
    "url_in_fail_reason": (
        "as on older servers, there is no `result_url`, and `fail_reason` contains the URL."
    ),
    "reason_in_result_url": "a failed task repeats its `fail_reason` in `result_url`.",
    "url_in_provider_data_only": "only the provider's own block `data.data` contains the URL.",
    "internal_fields": (
        "columns of the server's database, among them an `id` that is not the task's id."
    ),
    "no_wrapper_code": "the wrapper has neither `code` nor `message`.",
    "empty_progress": "`progress` is the empty string.",
    "legacy_flat": "the flat response of old documentation, without a wrapper.",
    "wrapped_flat": "that flat response inside the wrapper.",
    # In the flat form of a task (`GET /videos/{task_id}`)
    "created_at_milliseconds": "`created_at` of Kling tasks is in milliseconds.",
    "empty_id_and_model": "`task_id` and `model` of Kling tasks are empty strings.",
    "early_completed_at": "`completed_at` is set before the task has ended.",
    "failure_without_error": "a failed Kling task has no `error`.",
    # In the response to a submission
    "no_submission_status": "neither `object` nor `status`.",
    "short_submission": "only `id`, `status` and `model`.",
    "task_id_only": "only `task_id` and `status`.",
    # Status codes
    "unknown_task_400": "400 instead of 404.",
    "no_credit_403": "403 instead of 402.",
    "unknown_model_503": "503 instead of 404.",
    # Tasks
    "never_ends": "every task expires at the provider and is reported as running indefinitely.",
}
"""What each quirk is."""

ErrorFormatSetting = Literal["auto", "openai", "task"]
"""The body of error responses: `openai` is `{"error": {...}}`, `task` is `{"code", "message", "data"}`, `auto` is the
one that the service uses for the error in question."""


class SettingsKwargs(TypedDict, total=False):
    """The fields of `Settings` as keyword arguments."""

    queued: float
    running: float
    error_format: ErrorFormatSetting
    quirks: Collection[Quirk]
    keys: Collection[str] | None
    credit: int | None
    models: Collection[str] | None
    check: Check | bool
    video: bytes | str | Path | None
    url_lifetime: float
    fresh_urls: bool
    body_limit: int


def _to_frozenset(value: Any) -> Any:
    if isinstance(value, str):
        return frozenset([value])
    # Through str: an item of a script may be unhashable. The validator reports what is not a collection.
    return frozenset(map(str, value)) if isinstance(value, Collection) else value


def _validate_quirks(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, frozenset):
        raise ScriptError(f"{field.name}: {value!r} is not a list of quirks")
    reject_unknown("quirk", value, QUIRKS)


@attrs.frozen(kw_only=True)
class Settings:
    """How the service behaves when no fault applies. All times are seconds.

    Raises ScriptError for values that are not allowed.

    Attributes:
        queued: How long a task waits before it starts to run.
        running: How long a task runs.
        error_format: The body of error responses: always `openai`, always `task`, or `auto`, a mix as in the real
            service.
        quirks: Deviations from the documentation: a value of `Quirk`, or a list of them.
        keys: The valid API keys; None for every key that starts with `sk-orca-`.
        credit: How many tasks the account can pay for; None for no limit.
        models: The available models; None for those that the OpenAPI document names.
        check: The check of submissions after validation against the OpenAPI document: True for the capability table,
            False for none, or a function. Violations of level `error` give a 400.
        video: The file that tasks produce: its content, or its name; None for a small MP4.
        url_lifetime: How long the URL of a file is valid.
        fresh_urls: Whether each lookup returns a newly signed URL. If false, the URL stays the one signed when the
            task ended.
        body_limit: The maximum size of a request body in bytes; a larger one gives a 413.
    """

    queued: float = attrs.field(default=1.0, validator=SECONDS)
    running: float = attrs.field(default=3.0, validator=SECONDS)
    error_format: ErrorFormatSetting = attrs.field(
        default="auto", validator=one_of(ErrorFormatSetting)
    )
    quirks: frozenset[str] = attrs.field(
        default=frozenset[str](), converter=_to_frozenset, validator=_validate_quirks
    )
    keys: Collection[str] | None = attrs.field(default=None, validator=NAMES)
    credit: int | None = attrs.field(default=None, validator=NON_NEGATIVE_INT)
    models: Collection[str] | None = attrs.field(default=None, validator=NAMES)
    check: Check | bool = attrs.field(
        default=True,
        validator=must_be(
            "true, false or a function", lambda v: isinstance(v, bool) or callable(v)
        ),
    )
    video: bytes | str | Path | None = attrs.field(
        default=None, validator=must_be("a file name", lambda v: isinstance(v, bytes | str | Path))
    )
    url_lifetime: float = attrs.field(default=86400.0, validator=SECONDS)
    fresh_urls: bool = attrs.field(default=False, validator=BOOLEAN)
    body_limit: int = attrs.field(default=64 * 1024 * 1024, validator=POSITIVE_INT)

    @classmethod
    def from_mapping(cls, fields: Mapping[str, Any]) -> Settings:
        """Settings from a mapping of field names to values.

        Raises ScriptError for unknown names and for values that are not allowed.
        """
        reject_unknown("setting", map(str, fields), (field.name for field in attrs.fields(cls)))
        return cls(**fields)

    def read_video(self) -> bytes:
        """The content of the file that tasks produce.

        Raises OSError if it cannot be read.
        """
        if isinstance(self.video, bytes):
            return self.video
        sample = Path(__file__).with_name("sample.mp4")
        return (sample if self.video is None else Path(self.video)).read_bytes()
