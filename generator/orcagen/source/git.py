"""Files in a revision of a Git repository: `git:REVISION:PATH`, with the path from the root of the repository."""

from __future__ import annotations

import posixpath
import subprocess

from orcagen.diagnostics import InputError, MissingFileError

PREFIX = "git:"


def is_git(uri: str) -> bool:
    return uri.startswith(PREFIX)


def locate(uri: str) -> str:
    """The same file with its path from the root of the repository. A path that starts with `./` or `../` is one from the
    working directory, as in `git show`. Raises InputError."""
    revision, path = split(uri)
    if path.startswith(("./", "../")):
        path = posixpath.join(_run(uri, "rev-parse", "--show-prefix").decode().strip(), path)
    return join(revision, path, uri)


def split(uri: str) -> tuple[str, str]:
    """The revision, "" for the index, and the path. Raises InputError."""
    revision, colon, path = uri.removeprefix(PREFIX).partition(":")
    if not colon or not path or revision.startswith("-"):
        message = "is not git:REVISION:PATH, for example git:HEAD~1:openapi.yaml"
        raise InputError(message, uri)
    return revision, path


def join(revision: str, path: str, uri: str) -> str:
    """The name of a file of a revision. Raises InputError, which names `uri`, for a path outside the repository."""
    normal = posixpath.normpath(path)
    if normal.startswith(("../", "/")):
        raise InputError(
            f"refers to {path}, outside the Git repository; move the file into it", uri
        )
    return f"{PREFIX}{revision}:{normal}"


def read_bytes(uri: str) -> bytes:
    """The content of a file. Raises InputError, which tells an unknown revision from an unknown path."""
    revision, path = split(uri)
    return _run(uri, "cat-file", "blob", f"{revision}:{path}")


def _run(uri: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError:
        raise InputError("git cannot be run; install it, or give a file", uri) from None
    if done.returncode == 0:
        return done.stdout
    revision, path = split(uri)
    inside = subprocess.run(["git", "rev-parse", "--git-dir"], capture_output=True, check=False)
    if inside.returncode:
        raise InputError("the working directory is in no Git repository", uri)
    check = ["git", "rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}"]
    if revision and subprocess.run(check, capture_output=True, check=False).returncode:
        raise InputError(
            f"unknown revision {revision!r}; a shallow clone may lack it: `git fetch` it first", uri
        )
    where = f"in the revision {revision!r}" if revision else "in the index"
    message = f"no file {path!r} {where}; paths start at the root of the repository"
    raise MissingFileError(message, uri)
