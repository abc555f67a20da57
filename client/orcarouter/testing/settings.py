"""How the emulated service behaves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, TypedDict, get_args

import attrs

from orcarouter.testing.values import (
    COUNT,
    FLAG,
    NAMES,
    POSITIVE,
    SECONDS,
    ScriptError,
    must_be,
    one_of,
)

__all__ = ["Check", "Finding", "Form", "Oddity", "Options", "Settings"]


class Finding(Protocol):
    """What a check has to say about a submission; `str` of it is the text."""

    @property
    def level(self) -> str:
        """`error` refuses the submission; `warning` and `note` do not."""
        ...


Check = Callable[[Mapping[str, Any]], Iterable[Finding]]
"""Takes a submission's body and gives findings."""

Oddity = Literal[
    # Wrapped form
    "url_in_fail_reason",  # older servers: no result_url, the URL stands in fail_reason
    "text_in_result_url",  # a failed task repeats its reason in result_url
    "url_in_raw_only",  # the URL only in the provider's own block
    "internal_fields",  # the server's own columns, among them an `id` that is not the task's
    "no_wrapper_code",  # the wrapper has neither code nor message
    "empty_progress",  # progress is ""
    "legacy_flat",  # the flat answer of old documentation on the wrapped path
    "wrapped_flat",  # a wrapper around that flat answer
    # Flat form
    "milliseconds",  # created_at of Kling tasks in milliseconds
    "blank_names",  # task_id and model of Kling tasks are ""
    "early_completed_at",  # completed_at filled before the end
    "failure_without_error",  # a failed Kling task has no error
    # Submission
    "no_submission_status",  # neither object nor status
    "short_submission",  # only id, status, model
    "task_id_only",  # only task_id, status
    # Errors
    "unknown_task_400",  # instead of 404
    "no_credit_403",  # instead of 402
    "unknown_model_503",  # instead of 404
    # Tasks
    "expired",  # every task expires at the provider and shows as running for ever
]

Form = Literal["auto", "openai", "task"]
"""One envelope for all errors, or the one that the service uses for each."""


class Options(TypedDict, total=False):
    """The fields of `Settings`, as keyword arguments."""

    queued: float
    running: float
    envelope: Form
    oddities: Collection[Oddity]
    keys: Collection[str] | None
    credit: int | None
    models: Collection[str] | None
    check: Check | bool
    video: bytes | str | Path | None
    url_lifetime: float
    fresh_urls: bool
    body_limit: int


def _words(value: Any) -> Any:
    if isinstance(value, str):
        return frozenset([value])
    return frozenset(map(str, value)) if isinstance(value, Collection) else value


def _known(_: object, field: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, frozenset):
        raise ScriptError(f"{field.name}: {value!r} is not a list of oddities")
    unknown = value - set(get_args(Oddity))
    if unknown:
        raise ScriptError(f"no such oddity: {', '.join(sorted(unknown))}")


@attrs.frozen(kw_only=True)
class Settings:
    """What the service does when nothing goes wrong. Times are seconds.

    Raises ScriptError for values that are not allowed.
    """

    queued: float = attrs.field(default=1.0, validator=SECONDS)
    """How long a task waits before it runs."""
    running: float = attrs.field(default=3.0, validator=SECONDS)
    """How long it runs."""
    envelope: Form = attrs.field(default="auto", validator=one_of(Form))
    """The form of errors: always one of the two, or mixed as the service does."""
    oddities: frozenset[str] = attrs.field(
        default=frozenset[str](), converter=_words, validator=_known
    )
    """Habits of the service, or of some version of it, that are not its documented ones."""
    keys: Collection[str] | None = attrs.field(default=None, validator=NAMES)
    """The API keys that are accepted; None for any that begins with `sk-orca-`."""
    credit: int | None = attrs.field(default=None, validator=COUNT)
    """How many tasks the account can pay; None for any number."""
    models: Collection[str] | None = attrs.field(default=None, validator=NAMES)
    """The models on offer; None for those that the document names."""
    check: Check | bool = attrs.field(
        default=True,
        validator=must_be(
            "true, false or a function", lambda v: isinstance(v, bool) or callable(v)
        ),
    )
    """What refuses a submission besides the document: True for the capability map, False for nothing."""
    video: bytes | str | Path | None = attrs.field(
        default=None, validator=must_be("a file name", lambda v: isinstance(v, bytes | str | Path))
    )
    """The file that tasks produce, or its name; None for a small MP4."""
    url_lifetime: float = attrs.field(default=86400.0, validator=SECONDS)
    """How long a file's URL is valid."""
    fresh_urls: bool = attrs.field(default=False, validator=FLAG)
    """Whether each lookup signs the URL anew. Otherwise it stays as it was when the task ended."""
    body_limit: int = attrs.field(default=64 * 1024 * 1024, validator=POSITIVE)
    """The largest body of a request, in bytes."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """Settings from a mapping of their fields.

        Raises ScriptError for one that does not exist.
        """
        unknown = {str(name) for name in options} - {field.name for field in attrs.fields(cls)}
        if unknown:
            raise ScriptError(f"no such setting: {', '.join(sorted(unknown))}")
        return cls(**options)

    def video_bytes(self) -> bytes:
        """The file that tasks produce.

        Raises OSError.
        """
        if isinstance(self.video, bytes):
            return self.video
        sample = Path(__file__).with_name("sample.mp4")
        return (sample if self.video is None else Path(self.video)).read_bytes()
