"""Where the API key and the base URL come from."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from orcarouter._redaction import redact
from orcarouter.errors import ConfigurationError, MissingAPIKeyError
from orcarouter_api._runtime.urls import parse_url

__all__ = [
    "API_KEY_FILE_VARIABLE",
    "API_KEY_VARIABLE",
    "BASE_URL_VARIABLE",
    "get_key_file",
    "resolve_api_key",
    "resolve_base_url",
]

API_KEY_VARIABLE = "ORCAROUTER_API_KEY"
API_KEY_FILE_VARIABLE = "ORCAROUTER_API_KEY_FILE"
BASE_URL_VARIABLE = "ORCAROUTER_BASE_URL"


def resolve_api_key(api_key: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """The API key: the argument, else `ORCAROUTER_API_KEY`, else the first line of the key file.

    The key file is `ORCAROUTER_API_KEY_FILE`, else `orcarouter/key` in the user's configuration
    folder; only its owner may have access to it. Raises MissingAPIKeyError if there is no usable
    key.
    """
    if api_key is not None:
        return _validate_key(api_key, "the API key")
    if environment.get(API_KEY_VARIABLE):
        return _validate_key(environment[API_KEY_VARIABLE], API_KEY_VARIABLE)
    path = get_key_file(environment)
    if (line := _read_key_line(path)) is not None:
        return _validate_key(line, str(path))
    if environment.get(API_KEY_FILE_VARIABLE):
        raise MissingAPIKeyError(f"the key file {path} does not exist")
    raise MissingAPIKeyError(
        f"no API key: set {API_KEY_VARIABLE}, or put the key into {path} (mode 600)"
    )


def get_key_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Path of the key file, whether it exists or not."""
    if path := environment.get(API_KEY_FILE_VARIABLE):
        return Path(path)
    folder = environment.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "orcarouter" / "key"


def resolve_base_url(
    base_url: str | None = None, environment: Mapping[str, str] = os.environ
) -> str | None:
    """The base URL: the argument, else `ORCAROUTER_BASE_URL`, else None (the document's server).

    Raises ConfigurationError if it is not an http or https URL, or has credentials, a query or a
    fragment.
    """
    url = base_url or environment.get(BASE_URL_VARIABLE) or None
    if url is None:
        return None
    parts = parse_url(url)
    if parts is None or parts.username is not None or parts.query or parts.fragment:
        # What precedes an @ is left out, also where it is no valid user and password.
        visible = redact(url.rpartition("@")[2])
        raise ConfigurationError(f"the base URL is not a plain http or https URL: {visible!r}")
    return url


def _validate_key(key: str, source: str) -> str:
    # Messages name the source and never the key itself.
    key = key.strip()
    if not key:
        raise MissingAPIKeyError(f"{source} is empty")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise MissingAPIKeyError(f"{source} contains characters that are not allowed in an API key")
    return key


def _read_key_line(path: Path) -> str | None:
    """First line of the key file; None if there is no such file.

    Raises MissingAPIKeyError if the file cannot be read, or if others can read it.
    """
    try:
        with path.open(encoding="utf-8") as file:
            # The mode of the opened file: the path may name another file by the time of a stat().
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise MissingAPIKeyError(
                    f"the key file {path} is accessible by others: chmod 600 it"
                )
            return file.readline()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise MissingAPIKeyError(f"the key file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MissingAPIKeyError(f"the key file {path} is not UTF-8 text") from None
