"""The schema `#/components/schemas/ErrorBody` of OrcaRouter video API."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, Union

from .._runtime.model import Codec

if TYPE_CHECKING:
    from ..models import OpenAIError, TaskError

ErrorBody: TypeAlias = Union["OpenAIError", "TaskError"]
"""An error response. Both formats occur on the same paths: the first comes from
authentication, routing, quota and rate limits, the second from the handling of
tasks.
"""

ErrorBodyCodec: Codec[ErrorBody] = Codec(ErrorBody)
