"""How the emulated service behaves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypedDict, get_args

import attrs

from orcarouter.testing.faults import ScriptError

__all__ = ["Check", "Oddity", "Options", "Settings"]

Check = Callable[[Mapping[str, Any]], Iterable[object]]
"""Takes a submission's body and gives findings; `str` of a finding is its text."""

Oddity = Literal[
    # Wrapped form
    "url_in_fail_reason",  # older servers: no result_url, the URL stands in fail_reason
    "text_in_result_url",  # a failed task repeats its reason in result_url
    "url_in_raw_only",  # the URL only in the provider's own block
    "no_wrapper_code",  # the wrapper has neither code nor message
    "empty_progress",  # progress is ""
    "legacy_flat",  # the flat answer of old documentation on the wrapped path
    "wrapped_flat",  # a wrapper around that flat answer
    # Flat form
    "milliseconds",  # created_at of Kling tasks in milliseconds
    "early_completed_at",  # completed_at filled before the end
    "failure_without_error",  # a failed Kling task has no error
    # Submission
    "short_submission",  # only id, status, model
    "task_id_only",  # only task_id, status
    # Errors
    "unknown_task_400",  # instead of 404
    "no_credit_403",  # instead of 402
    "unknown_model_503",  # instead of 404
    # Tasks
    "expired",  # every task expires at the provider and shows as running for ever
]


class Options(TypedDict, total=False):
    """The fields of `Settings`, as keyword arguments."""

    queued: float
    running: float
    envelope: Literal["auto", "openai", "task"]
    oddities: Collection[Oddity]
    keys: Collection[str] | None
    credit: int | None
    models: Collection[str] | None
    check: Check | bool
    video: bytes | str | Path | None
    url_lifetime: float
    fresh_urls: bool
    body_limit: int


def _oddities(value: Collection[str] | str) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else value)


@attrs.frozen(kw_only=True)
class Settings:
    """What the service does when nothing goes wrong. Times are seconds.

    Raises ScriptError for values that are not allowed.
    """

    queued: float = 1.0
    """How long a task waits before it runs."""
    running: float = 3.0
    """How long it runs."""
    envelope: Literal["auto", "openai", "task"] = "auto"
    """The form of errors: always one of the two, or mixed as the service does."""
    oddities: frozenset[str] = attrs.field(default=frozenset(), converter=_oddities)
    """Habits of the service, or of some version of it, that are not its documented ones."""
    keys: Collection[str] | None = None
    """The API keys that are accepted; None for any that begins with `sk-orca-`."""
    credit: int | None = None
    """How many tasks the account can pay; None for any number."""
    models: Collection[str] | None = None
    """The models on offer; None for those that the document names."""
    check: Check | bool = True
    """What refuses a submission besides the document: True for the capability map, False for nothing."""
    video: bytes | str | Path | None = None
    """The file that tasks produce, or its name; None for a small MP4."""
    url_lifetime: float = 86400.0
    """How long a file's URL is valid."""
    fresh_urls: bool = False
    """Whether each lookup signs the URL anew. Otherwise it stays as it was when the task ended."""
    body_limit: int = 64 * 1024 * 1024
    """The largest body of a request, in bytes."""

    def __attrs_post_init__(self) -> None:
        unknown = self.oddities - set(get_args(Oddity))
        if unknown:
            raise ScriptError(f"no such oddity: {', '.join(sorted(unknown))}")
        if self.envelope not in ("auto", "openai", "task"):
            raise ScriptError(f"envelope: {self.envelope!r} is none of auto, openai, task")
        if self.queued < 0 or self.running < 0:
            raise ScriptError("queued and running are not negative")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """Settings from a mapping of their fields.

        Raises ScriptError for one that does not exist.
        """
        unknown = options.keys() - {field.name for field in attrs.fields(cls)}
        if unknown:
            raise ScriptError(f"no such setting: {', '.join(sorted(unknown))}")
        return cls(**options)

    def video_bytes(self) -> bytes:
        """The file that tasks produce.

        Raises OSError.
        """
        if isinstance(self.video, bytes):
            return self.video
        return (
            Path(self.video) if self.video is not None else Path(__file__).with_name("sample.mp4")
        ).read_bytes()
