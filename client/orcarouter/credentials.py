"""Where the API key and the address of the service come from."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from orcarouter.errors import ConfigurationError, NoKey
from orcarouter.redaction import redacted
from orcarouter.urls import web_address

__all__ = ["BASE_URL", "KEY", "KEY_FILE", "find_base_url", "find_key", "key_file"]

KEY = "ORCAROUTER_API_KEY"
KEY_FILE = "ORCAROUTER_API_KEY_FILE"
BASE_URL = "ORCAROUTER_BASE_URL"


def find_key(given: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """The API key: the one given, else `ORCAROUTER_API_KEY`, else the first line of the key file.

    The file is `ORCAROUTER_API_KEY_FILE`, or `orcarouter/key` in the user's configuration folder, and may be readable
    by its owner alone. Raises NoKey when there is no usable key.
    """
    if given is not None:
        return _usable(given, "the API key")
    if environment.get(KEY):
        return _usable(environment[KEY], KEY)
    path = key_file(environment)
    if (line := _first_line(path)) is not None:
        return _usable(line, str(path))
    if environment.get(KEY_FILE):
        raise NoKey(f"the key file {path} does not exist")
    raise NoKey(f"no API key: set {KEY}, or put the key into {path} (mode 600)")


def key_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the key file is, or would be."""
    if named := environment.get(KEY_FILE):
        return Path(named)
    folder = environment.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "orcarouter" / "key"


def find_base_url(
    given: str | None = None, environment: Mapping[str, str] = os.environ
) -> str | None:
    """The address given, else `ORCAROUTER_BASE_URL`, else None for the service's own.

    Raises ConfigurationError for one that is not a plain http or https URL.
    """
    url = given or environment.get(BASE_URL) or None
    if url is None:
        return None
    parts = web_address(url)
    if parts is None or parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(
            f"the base URL is not a plain http or https address: {redacted(url)!r}"
        )
    return url


def _usable(key: str, place: str) -> str:
    key = key.strip()
    if not key:
        raise NoKey(f"{place} is empty")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NoKey(f"{place} holds characters that no API key has")
    return key


def _first_line(path: Path) -> str | None:
    """The first line of a file that its owner alone can read; None where there is none.

    Raises NoKey for any other.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise NoKey(f"the key file {path} can be read by others: chmod 600 it")
            return file.readline()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise NoKey(f"the key file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NoKey(f"the key file {path} is no text") from None
