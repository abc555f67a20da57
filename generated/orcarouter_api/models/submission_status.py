"""The schema `#/components/schemas/SubmissionStatus` of OrcaRouter video API."""

from __future__ import annotations

from typing import Literal, TypeAlias

from .._runtime.model import Codec

SubmissionStatus: TypeAlias = Literal["queued"] | str
"""State of a task that was just accepted. If it is missing, the task is queued."""

SubmissionStatusCodec: Codec[SubmissionStatus] = Codec(SubmissionStatus)
