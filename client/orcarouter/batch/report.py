"""The report of a batch: one page that works from the disk, without a server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from orcarouter.batch.ledger import Ledger
from orcarouter.batch.progress import Progress, format_duration
from orcarouter.batch.records import STATES, Job

__all__ = ["REPORT_NAME", "write_report"]

REPORT_NAME = "index.html"
_THUMBNAILS = "thumbnails"
_WIDTH = 480  # pixels of a thumbnail
_FFMPEG_TIMEOUT = 30.0  # seconds


def write_report(ledger: Ledger, folder: Path) -> Path:
    """Write the page of a batch into its output folder, and return its path.

    Thumbnails are made by ffmpeg where it is installed; else the players show the first frames.
    """
    jobs = ledger.list_jobs()
    totals = ledger.totals()
    progress = Progress(
        counts=ledger.count(),
        tasks=totals["tasks"],
        credits=totals["credits"],
        cost=totals["cost"],
    )
    thumbnails = _make_thumbnails(jobs, folder)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("orcarouter.batch", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("report.html").render(
        batch=ledger.batch,
        progress=progress,
        states={state: text for state, text in STATES.items() if progress.counts.get(state)},
        models=sorted({job.model for job in jobs}),
        jobs=[_describe(job, thumbnails.get(job.id)) for job in jobs],
        written=datetime.fromtimestamp(ledger.time(), UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    path = folder / REPORT_NAME
    # Whoever looks at the page while it is written sees the old one.
    new = folder / f".{REPORT_NAME}.{os.getpid()}"
    new.write_text(text, encoding="utf-8")
    new.replace(path)
    return path


def _describe(job: Job, thumbnail: str | None) -> dict[str, Any]:
    """What the template shows of a job."""
    took = None
    has_end = job.state in ("done", "failed", "download_failed")
    if has_end and job.submitted_at is not None and job.ended_at is not None:
        took = format_duration(max(0.0, job.ended_at - job.submitted_at))
    return {
        "job": job,
        "thumbnail": None if thumbnail is None else quote(thumbnail),
        "video": None if job.video is None else quote(job.video.path),
        "others": [(file.kind, quote(file.path)) for file in job.files if file.kind != "video"],
        "took": took,
        "search": " ".join((job.name, job.prompt, job.model, job.task_id or "", job.error)).lower(),
    }


def _make_thumbnails(jobs: Sequence[Job], folder: Path) -> dict[int, str]:
    """Paths of thumbnails, relative to the folder, by the ids of their jobs."""
    ffmpeg = shutil.which("ffmpeg")
    thumbnails: dict[int, str] = {}
    missing: list[tuple[Job, Path, Path]] = []
    for job in jobs:
        if job.video is None:
            continue
        name = f"{_THUMBNAILS}/{job.stem}-{job.video.sha256[:8]}.jpg"
        if (folder / name).is_file():
            thumbnails[job.id] = name
        elif ffmpeg is not None and (folder / job.video.path).is_file():
            missing.append((job, folder / job.video.path, folder / name))
    if missing and ffmpeg is not None:
        (folder / _THUMBNAILS).mkdir(exist_ok=True)
        with ThreadPoolExecutor(os.cpu_count()) as executor:
            made = executor.map(lambda each: _make_thumbnail(ffmpeg, each[1], each[2]), missing)
            for (job, _, target), is_made in zip(missing, made, strict=True):
                if is_made:
                    thumbnails[job.id] = f"{_THUMBNAILS}/{target.name}"
    return thumbnails


def _make_thumbnail(ffmpeg: str, video: Path, target: Path) -> bool:
    """Write one frame of a video as an image; whether that worked."""
    command = [ffmpeg, "-nostdin", "-loglevel", "error", "-y"]
    # The file comes from a server: it must not make ffmpeg read anything else.
    command += ["-protocol_whitelist", "file", "-i", str(video.absolute())]
    command += ["-vf", f"thumbnail=25,scale={_WIDTH}:-2", "-frames:v", "1", str(target.absolute())]
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_FFMPEG_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and target.is_file()
