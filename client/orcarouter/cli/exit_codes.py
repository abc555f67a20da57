"""Exit codes of the command line; `orcarouter.cli` describes them."""

from __future__ import annotations

from enum import IntEnum

from orcarouter import errors

__all__ = ["ExitCode", "exit_code_for"]


class ExitCode(IntEnum):
    """Exit codes of the command line."""

    OK = 0
    INVALID_REQUEST = 1
    USAGE = 2
    AUTHENTICATION = 3
    FILE = 4
    CONNECTION = 5
    REJECTED = 6
    NO_CREDIT = 7
    RATE_LIMITED = 8
    AMBIGUOUS = 9
    TASK_FAILED = 10
    TIMEOUT = 11
    TASK_NOT_FOUND = 12
    DOWNLOAD_FAILED = 13
    LIMIT = 14
    INTERRUPTED = 130


# The first class that matches decides, so a subclass comes before its base class.
_CODES: tuple[tuple[type[errors.OrcaRouterError], ExitCode], ...] = (
    (errors.MissingAPIKeyError, ExitCode.AUTHENTICATION),
    (errors.ConfigurationError, ExitCode.USAGE),
    (errors.InvalidRequestError, ExitCode.INVALID_REQUEST),
    (errors.APIConnectionError, ExitCode.CONNECTION),
    (errors.AuthenticationError, ExitCode.AUTHENTICATION),
    (errors.InsufficientCreditError, ExitCode.NO_CREDIT),
    (errors.RateLimitError, ExitCode.RATE_LIMITED),
    (errors.RequestRejectedError, ExitCode.REJECTED),
    (errors.AmbiguousSubmissionError, ExitCode.AMBIGUOUS),
    (errors.TaskFailedError, ExitCode.TASK_FAILED),
    (errors.TaskNotFoundError, ExitCode.TASK_NOT_FOUND),
    (errors.WaitTimeoutError, ExitCode.TIMEOUT),
    (errors.DownloadFailedError, ExitCode.DOWNLOAD_FAILED),
    (errors.OutputFileError, ExitCode.FILE),
    (errors.LedgerError, ExitCode.FILE),
)


def exit_code_for(error: errors.OrcaRouterError | OSError) -> ExitCode:
    """The exit code for an exception."""
    if not isinstance(error, errors.OrcaRouterError):
        return ExitCode.FILE
    if isinstance(error, errors.LookupFailedError) and error.reason is not None:
        return exit_code_for(error.reason)
    if isinstance(error, errors.InvalidRequestError) and not error.violations:
        return ExitCode.FILE  # a local file of the request cannot be used
    matches = (code for error_class, code in _CODES if isinstance(error, error_class))
    return next(matches, ExitCode.CONNECTION)
