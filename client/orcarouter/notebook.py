"""Progress and videos in notebooks: Jupyter and whatever else runs IPython with a kernel.

Nothing needs to be installed or imported for it. The output of a cell, which is saved with the notebook, has the task's
id and status, for a downloaded file its name, and otherwise the URL of the video: whoever has it can get the video for
about a day. Videos themselves are not saved. `configure` turns either part off.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from orcarouter._redaction import redact
from orcarouter_api import configure_notebook
from orcarouter_api._runtime.notebook import Output, find_publisher

if TYPE_CHECKING:
    from orcarouter._downloads import Download
    from orcarouter.batch import Progress
    from orcarouter.task import Snapshot

__all__ = ["configure"]

_shown = {"videos": True}
_IMAGES = (".png", ".jpg", ".jpeg", ".webp")


def configure(*, progress: bool | None = None, videos: bool | None = None) -> None:
    """Choose what this process shows in notebooks; None leaves a setting as it is.

    Args:
        progress: Whether waits show their progress.
        videos: Whether tasks and downloads show their video; else they are shown as text.
    """
    if progress is not None:
        configure_notebook(progress=progress)
    if videos is not None:
        _shown["videos"] = videos


def follow_batch() -> Callable[[Progress], object] | None:
    """A callback that shows the progress of a batch; None outside of notebooks."""
    publish = find_publisher()
    if publish is None:
        return None
    output = Output(publish)

    def callback(progress: Progress) -> None:
        ended = progress.total - progress.open
        output.show(str(progress), bar=ended / progress.total if progress.open else None)

    return callback


def snapshot_html(snapshot: Snapshot | None, task_id: str, download: Download | None = None) -> str:
    """A task: its video, or its status."""
    code = f"<code>{escape(task_id)}</code>"
    if snapshot is None:
        return f"<div>{code} not polled yet</div>"
    text = f"<div>{code} {escape(_describe(snapshot))}</div>"
    if not _shown["videos"] or snapshot.state != "succeeded":
        return text
    if download is not None and download.path.exists():
        return text + download_html(download)
    return text + _media_html(snapshot.video_url) if snapshot.video_url else text


def download_html(download: Download) -> str:
    """A downloaded file: the video, or an image. The page refers to the file and does not contain it."""
    path = download.path
    with suppress(ValueError):
        # Notebook servers serve what is beside the notebook, by a relative URL.
        path = path.resolve().relative_to(Path.cwd().resolve())
    text = f"<div>{escape(str(path))} ({download.size:,} bytes)</div>"
    if not _shown["videos"] or path.is_absolute():
        return text
    return _media_html(quote(path.as_posix()), is_image=path.suffix.lower() in _IMAGES) + text


def _media_html(url: str, *, is_image: bool = False) -> str:
    style = "max-width: 100%; max-height: 24em"
    if is_image:
        return f'<img src="{escape(url)}" style="{style}">'
    return f'<video controls preload="metadata" src="{escape(url)}" style="{style}"></video>'


def _describe(snapshot: Snapshot) -> str:
    if snapshot.state == "failed":
        return f"failed: {redact(snapshot.failure)}" if snapshot.failure else "failed"
    return "succeeded" if snapshot.ended else _describe_status(snapshot)


def _describe_status(snapshot: Snapshot) -> str:
    return snapshot.status.lower().replace("_", " ")
