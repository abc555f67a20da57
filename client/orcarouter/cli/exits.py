"""Exit codes; what they mean is listed in `orcarouter.cli`."""

from __future__ import annotations

from enum import IntEnum

from orcarouter import errors

__all__ = ["Exit", "exit_of"]


class Exit(IntEnum):
    """What the command line ends with."""

    DONE = 0
    CHECK = 1
    USAGE = 2
    KEY = 3
    FILE = 4
    UNREACHABLE = 5
    REFUSED = 6
    CREDIT = 7
    LIMITED = 8
    UNKNOWN = 9
    FAILED = 10
    TIMEOUT = 11
    NO_TASK = 12
    DOWNLOAD = 13
    INTERRUPTED = 130


_CODES: tuple[tuple[type[errors.OrcaRouterError], Exit], ...] = (
    (errors.NoKey, Exit.KEY),
    (errors.ConfigurationError, Exit.USAGE),
    (errors.RequestInvalid, Exit.CHECK),
    (errors.Unreachable, Exit.UNREACHABLE),
    (errors.KeyRefused, Exit.KEY),
    (errors.NoCredit, Exit.CREDIT),
    (errors.RateLimited, Exit.LIMITED),
    (errors.Refused, Exit.REFUSED),
    (errors.SubmissionUnknown, Exit.UNKNOWN),
    (errors.TaskFailed, Exit.FAILED),
    (errors.TaskNotFound, Exit.NO_TASK),
    (errors.WaitTimeout, Exit.TIMEOUT),
    (errors.DownloadFailed, Exit.DOWNLOAD),
)


def exit_of(error: errors.OrcaRouterError) -> Exit:
    """The exit code for an error."""
    if isinstance(error, errors.LookupFailed) and error.reason is not None:
        return exit_of(error.reason)
    if isinstance(error, errors.RequestInvalid) and not error.findings:
        return Exit.FILE  # a local file that the request names
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.UNREACHABLE)
