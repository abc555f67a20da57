"""What a download does to the files that it finds: nothing is overwritten, followed or trusted unseen."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest
from tests.client.support import KLING, AnyClient, Task

from orcarouter import errors
from orcarouter.testing import Emulator, Fault, VirtualClock
from orcarouter_api._runtime import part_files as partfile
from orcarouter_api._runtime.part_files import FileBusyError, PartFile, check_target

SAMPLE = Path(__file__).parents[2].joinpath("client/orcarouter/testing/sample.mp4").read_bytes()
ETAG = {"etag": '"1"'}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.mp4"


@pytest.fixture
def part_path(target: Path) -> Path:
    return target.with_name("out.mp4.part")


@pytest.fixture
def task(client: AnyClient) -> Task:
    task = client.create(KLING)
    task.wait()
    return task


def interrupt_download(server: Emulator[VirtualClock], task: Task, target: Path) -> None:
    """Fail after the first thousand bytes, which stay in the part file."""
    server.script.add(Fault("content", truncate=1000))
    server.script.add(Fault("content", status=404, times=2))
    with pytest.raises(errors.DownloadFailedError):
        task.download(target)


def last_range(server: Emulator[VirtualClock]) -> str | None:
    return server.requests_to("content")[-1].headers.get("range")


# The target


def test_an_existing_file_is_not_overwritten_by_default(
    server: Emulator[VirtualClock], client: AnyClient, target: Path
) -> None:
    task = client.create(KLING)
    target.write_bytes(b"mine")
    requests = len(server.requests)
    with pytest.raises(FileExistsError) as caught:
        task.download(target)
    assert caught.value.filename == str(target)
    assert task.id in "".join(caught.value.__notes__)
    assert len(server.requests) == requests  # refused before the wait
    assert target.read_bytes() == b"mine"
    task.download(target, overwrite=True)
    assert target.read_bytes() == SAMPLE


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_appears_during_a_download_is_not_overwritten(
    server: Emulator[VirtualClock],
    task: Task,
    target: Path,
    part_path: Path,
    has_links: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no hard links on this file system")

    if not has_links:
        monkeypatch.setattr(os, "link", link)
    with pytest.raises(errors.DownloadFailedError, match=r"exists .*out\.mp4\.part") as caught:
        task.download(target, on_progress=lambda *_: target.write_bytes(b"mine"))
    assert caught.value.task_id == task.id
    assert target.read_bytes() == b"mine"
    assert part_path.read_bytes() == SAMPLE
    task.download(target, overwrite=True)
    assert target.read_bytes() == SAMPLE
    assert last_range(server) == f"bytes={len(SAMPLE)}-"  # nothing was transferred again
    assert [each.name for each in target.parent.iterdir()] == ["out.mp4"]


def test_a_file_system_without_hard_links(
    task: Task, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    task.download(target)
    assert target.read_bytes() == SAMPLE


@pytest.mark.parametrize("kind", ["FIFO", "device", "link", "dangling link", "folder"])
@pytest.mark.parametrize("name", ["out.mp4", "out.mp4.part", "out.mp4.part.json"])
def test_only_regular_files_are_written(task: Task, tmp_path: Path, kind: str, name: str) -> None:
    path, other = tmp_path / name, tmp_path / "other"
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "device":
        try:
            os.mknod(path, 0o20666, os.makedev(1, 3))
        except PermissionError:
            path = Path("/dev/null")  # only root makes device nodes
            with pytest.raises(OSError, match="not a regular file"):
                task.download(path, overwrite=True)
            return
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(other)
        if kind == "link":
            other.write_bytes(b"mine")
    before = path.lstat()
    with pytest.raises(OSError, match=r"regular file|symbolic link|folder") as caught:
        task.download(tmp_path / "out.mp4", overwrite=True)
    assert str(path) in str(caught.value)
    after = path.lstat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert not other.exists() or other.read_bytes() == b"mine"
    assert {each.name for each in tmp_path.iterdir()} <= {name, "other"}


@pytest.mark.parametrize("character", ["a", "ü", "日"])
def test_names_up_to_the_limit_of_the_file_system(
    server: Emulator[VirtualClock], task: Task, tmp_path: Path, character: str
) -> None:
    limit = os.pathconf(tmp_path, "PC_NAME_MAX")
    size = len(character.encode())
    target = tmp_path / (character * ((limit - 4) // size) + ".mp4")
    interrupt_download(server, task, target)
    task.download(target)
    assert last_range(server) == "bytes=1000-"
    assert target.read_bytes() == SAMPLE
    assert list(tmp_path.iterdir()) == [target]


def test_long_names_with_the_same_beginning_have_different_part_files(tmp_path: Path) -> None:
    first, second = tmp_path / ("a" * 250 + "1"), tmp_path / ("a" * 250 + "2")
    parts = [PartFile(first, "1"), PartFile(second, "2")]
    assert len(list(tmp_path.iterdir())) == 2
    for part in parts:
        part.close()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a" * 300, "name too long"),
        ("a\0b", "NUL"),
        ("nowhere/out.mp4", "the folder does not exist"),
        ("file/out.mp4", "Not a directory"),
    ],
)
def test_impossible_paths_are_refused_before_anything_is_sent(
    server: Emulator[VirtualClock], client: AnyClient, tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    task = client.create(KLING)
    requests = len(server.requests)
    with pytest.raises(OSError, match=message):
        task.download(tmp_path / name)
    assert len(server.requests) == requests


def test_a_folder_that_is_not_writable(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(PermissionError):
        check_target(target, overwrite=False)


# The part file


@pytest.mark.parametrize("name", ["out.mp4.part", "out.mp4.part.json"])
def test_hard_links_of_the_part_files_are_refused(task: Task, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"mine")
    os.link(other, tmp_path / name)
    with pytest.raises(OSError, match="hard links"):
        task.download(tmp_path / "out.mp4")
    assert other.read_bytes() == b"mine"


def test_a_hard_link_made_during_the_download_is_noticed(
    task: Task, target: Path, part_path: Path
) -> None:
    def link(*_: object) -> None:
        if not target.with_name("other").exists():
            os.link(part_path, target.with_name("other"))

    with pytest.raises(errors.DownloadFailedError, match="hard links"):
        task.download(target, on_progress=link)
    assert not target.exists()


def test_a_part_file_replaced_during_the_download_is_noticed(
    task: Task, target: Path, part_path: Path
) -> None:
    def replace(*_: object) -> None:
        part_path.unlink(missing_ok=True)
        part_path.write_bytes(b"other")

    with pytest.raises(errors.DownloadFailedError, match="replaced by another program"):
        task.download(target, on_progress=replace)
    assert not target.exists()


def test_a_part_file_that_appears_while_it_is_created_is_not_opened(
    target: Path, part_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open

    def open_late(path: Path, flags: int, mode: int = 0o777) -> int:
        if path == part_path and not part_path.exists():
            target.with_name("other").write_bytes(b"mine")
            part_path.symlink_to(target.with_name("other"))
        return real_open(path, flags, mode)

    monkeypatch.setattr(os, "open", open_late)
    with pytest.raises(FileBusyError):
        PartFile(target, "subject")
    assert target.with_name("other").read_bytes() == b"mine"


def test_a_part_file_finished_by_another_process_is_not_truncated(
    target: Path, part_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part_path.write_bytes(SAMPLE)
    real_lock = partfile._lock

    def lock_late(file: object, path: Path) -> int | None:
        part_path.replace(target)  # the other process is done, and has released its lock
        return real_lock(file, path)  # type: ignore[arg-type]

    monkeypatch.setattr(partfile, "_lock", lock_late)
    with pytest.raises(FileBusyError):
        PartFile(target, "subject", overwrite=True)
    assert target.read_bytes() == SAMPLE


@pytest.mark.parametrize("offset", [0, 500, 999])
def test_a_part_file_changed_in_place_is_not_continued(
    server: Emulator[VirtualClock], task: Task, target: Path, part_path: Path, offset: int
) -> None:
    interrupt_download(server, task, target)
    content = bytearray(part_path.read_bytes())
    content[offset] ^= 1
    part_path.write_bytes(content)
    task.download(target)
    assert last_range(server) is None
    assert target.read_bytes() == SAMPLE


def test_bytes_without_a_digest_are_requested_again(
    server: Emulator[VirtualClock], task: Task, target: Path, part_path: Path
) -> None:
    interrupt_download(server, task, target)
    with part_path.open("ab") as part:
        part.write(b"x" * 500)
    task.download(target)
    assert last_range(server) == "bytes=1000-"
    assert target.read_bytes() == SAMPLE


def test_a_shortened_part_file_is_not_continued(
    server: Emulator[VirtualClock], task: Task, target: Path, part_path: Path
) -> None:
    interrupt_download(server, task, target)
    part_path.write_bytes(SAMPLE[:900])
    task.download(target)
    assert last_range(server) is None
    assert target.read_bytes() == SAMPLE


def test_a_killed_process_leaves_a_digest_for_each_mebibyte(target: Path, part_path: Path) -> None:
    killed = PartFile(target, "subject")
    killed.begin(200, {**ETAG, "content-length": str(4 << 20)})
    for _ in range(5):
        killed.write(b"x" * (600 << 10))
    content, metadata = part_path.read_bytes(), target.with_name("out.mp4.part.json").read_text()
    killed.start_over()
    killed.close()
    # What a killed process would have left: it neither flushes nor writes another digest.
    part_path.write_bytes(content)
    target.with_name("out.mp4.part.json").write_text(metadata)
    part = PartFile(target, "subject")
    assert part.received == 4 * (600 << 10)
    assert part.total == 4 << 20
    assert part.make_range_headers()["Range"] == f"bytes={part.received}-"
    part.close()


def test_deeply_nested_metadata_restarts_the_download(target: Path, part_path: Path) -> None:
    part_path.write_bytes(b"x")
    target.with_name("out.mp4.part.json").write_text("[" * 60_000)
    part = PartFile(target, "subject")
    assert part.received == 0
    part.close()


def test_the_part_file_is_closed_before_it_is_renamed(
    target: Path, part_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Windows requires, which has no `flock` either."""
    monkeypatch.setattr(partfile, "_lock", lambda *_: None)
    part = PartFile(target, "subject", overwrite=True)
    file = part._file
    real_replace = Path.replace

    def replace(self: Path, other: Path) -> Path:
        assert self != part_path or file.closed
        return real_replace(self, other)

    monkeypatch.setattr(Path, "replace", replace)
    part.begin(200, ETAG)
    part.write(b"rejected")
    kept = part.set_aside()
    assert kept.read_bytes() == b"rejected"
    file = part._file
    part.begin(200, ETAG)
    part.write(SAMPLE)
    assert part.finish() == hashlib.sha256(SAMPLE).hexdigest()
    assert target.read_bytes() == SAMPLE


def test_a_process_that_ended_between_link_and_unlink_did_no_harm(
    task: Task, target: Path, part_path: Path
) -> None:
    target.write_bytes(b"complete")
    os.link(target, part_path)
    with pytest.raises(FileExistsError):
        task.download(target)
    assert target.read_bytes() == b"complete"
    task.download(target, overwrite=True)
    assert target.read_bytes() == SAMPLE
    assert [each.name for each in target.parent.iterdir()] == ["out.mp4"]


def test_the_metadata_names_what_the_part_file_belongs_to(
    server: Emulator[VirtualClock], task: Task, target: Path
) -> None:
    interrupt_download(server, task, target)
    metadata = json.loads(target.with_name("out.mp4.part.json").read_text())
    assert metadata["total"] == len(SAMPLE)
    assert (metadata["size"], metadata["sha256"]) == (
        1000,
        hashlib.sha256(SAMPLE[:1000]).hexdigest(),
    )
