"""Files on disk: only those that changed, none of the user's, all of them or none."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from orcagen.diagnostics import InputError
from orcagen.output.manifest import FILE_NAME
from orcagen.output.write import check_folder, compare, format_changes, recover, write

FILES = {"__init__.py": "a = 1\n", "api/one.py": "b = 2\n", "api/two.py": "c = 3\n", "py.typed": ""}


def _tree(folder: Path) -> dict[str, bytes]:
    paths = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}


def _old(folder: Path) -> None:
    """Puts all files a day back, so that a new time shows."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, ns=(10**18, 10**18))


def _new(folder: Path) -> set[str]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.stat().st_mtime_ns != 10**18)
    return {p.relative_to(folder).as_posix() for p in files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "out" / "package"
    write(FILES, out)
    return out


def test_files_are_written_with_a_manifest(folder: Path) -> None:
    assert _tree(folder).keys() == {*FILES, FILE_NAME}
    assert (folder / "api" / "one.py").read_text() == "b = 2\n"
    assert json.loads((folder / FILE_NAME).read_text())["files"] == {
        path: hashlib.sha256(text.encode()).hexdigest() for path, text in FILES.items()
    }


def test_nothing_else_is_left_beside_the_package(folder: Path) -> None:
    write({**FILES, "new.py": ""}, folder)
    assert [p.name for p in folder.parent.iterdir()] == ["package"]


def test_a_second_run_touches_nothing(folder: Path) -> None:
    _old(folder)
    changes = write(FILES, folder)
    assert (changes.updated, changes.removed, changes.unchanged) == ((), (), len(FILES))
    assert not changes
    assert _new(folder) == set()


def test_only_what_changed_gets_a_new_time(folder: Path) -> None:
    _old(folder)
    changes = write({**FILES, "api/one.py": "b = 4\n"}, folder)
    assert changes.updated == ("api/one.py",)
    assert _new(folder) <= {"api/one.py", FILE_NAME}
    assert (folder / "api" / "one.py").read_text() == "b = 4\n"


def test_a_file_that_was_edited_is_written_again(folder: Path) -> None:
    (folder / "__init__.py").write_text("edited\n")
    (folder / "py.typed").unlink()
    assert write(FILES, folder).updated == ("__init__.py", "py.typed")
    assert {p: t.encode() for p, t in FILES.items()}.items() <= _tree(folder).items()


def test_files_that_are_no_longer_produced_are_removed(folder: Path) -> None:
    rest = {k: v for k, v in FILES.items() if not k.startswith("api/")}
    assert write(rest, folder).removed == ("api/one.py", "api/two.py")
    assert not (folder / "api").exists()
    assert _tree(folder).keys() == {*rest, FILE_NAME}


def test_files_of_the_user_are_kept_as_they_are(folder: Path) -> None:
    (folder / "own.py").write_text("mine\n")
    (folder / "api" / "mine").mkdir()
    (folder / "api" / "mine" / "data.bin").write_bytes(b"\xff")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("own.py")
    (folder / "empty").mkdir()
    _old(folder)
    write({"__init__.py": "new\n"}, folder)
    assert _tree(folder).keys() == {
        "__init__.py",
        "own.py",
        "api/mine/data.bin",
        "run.sh",
        "link",
        FILE_NAME,
    }
    assert _new(folder) == {"__init__.py", FILE_NAME}
    assert (folder / "link").is_symlink()
    assert stat.S_IMODE((folder / "run.sh").stat().st_mode) == 0o755
    assert (folder / "empty").is_dir()


def test_a_first_run_replaces_only_files_of_the_same_name(tmp_path: Path) -> None:
    """Without a manifest no file is known to be generated: those with other names stay."""
    folder = tmp_path / "package"
    (folder / "api").mkdir(parents=True)
    (folder / "api" / "old.py").write_text("old\n")
    changes = write(FILES, folder)
    assert changes.removed == ()
    assert (folder / "api" / "old.py").read_text() == "old\n"


@pytest.mark.parametrize(
    "manifest",
    [
        '{"files": ["../outside.txt", "/etc/hostname", "api/../../outside.txt"]}',
        '{"files": {"../outside.txt": "x", "/etc/hostname": "x", "api/../../outside.txt": "x"}}',
        '{"files": {"": "x", ".": "x", "a\\u0000b": "x", "\\ud800": 7, "api": {}}}',
        '{"files": [1, null, {"a": 1}]}',
        '{"files": 7}',
        "[]",
        "null",
        "not JSON",
        "",
    ],
)
def test_a_false_manifest_does_no_harm(tmp_path: Path, manifest: str) -> None:
    folder = tmp_path / "package"
    write(FILES, folder)
    (tmp_path / "outside.txt").write_text("outside")
    (folder / FILE_NAME).write_text(manifest)
    write({"__init__.py": "new\n"}, folder)
    assert (tmp_path / "outside.txt").read_text() == "outside"
    assert (folder / "__init__.py").read_text() == "new\n"
    assert (folder / "api" / "one.py").exists(), "not in a manifest, so not removed"


def test_a_linked_folder_stays_a_link(tmp_path: Path) -> None:
    """Some users keep the package elsewhere and link to it."""
    real = tmp_path / "real"
    real.mkdir()
    folder = tmp_path / "package"
    folder.symlink_to(real)
    write(FILES, folder)
    write({**FILES, "new.py": "n\n"}, folder)
    assert folder.is_symlink()
    assert (real / "new.py").read_text() == "n\n"


def test_leftovers_of_an_interrupted_run_are_removed(folder: Path) -> None:
    for name in (".package.orcagen-1", ".package.orcagen-2"):
        (folder.parent / name / "new").mkdir(parents=True)
        (folder.parent / name / "new" / "rest.py").write_text("rest\n")
    write({**FILES, "new.py": ""}, folder)
    assert [p.name for p in folder.parent.iterdir()] == ["package"]


def test_a_package_that_an_interrupted_run_moved_away_comes_back(folder: Path) -> None:
    """Where the system cannot swap two folders, the old one is away for a moment."""
    (folder / "own.py").write_text("mine\n")
    (folder.parent / ".package.orcagen-1").mkdir()
    folder.rename(folder.parent / ".package.orcagen-1" / "old")
    recover(folder)
    assert _tree(folder).keys() == {*FILES, FILE_NAME, "own.py"}
    assert [p.name for p in folder.parent.iterdir()] == ["package"]


def test_folders_of_others_beside_the_package_are_not_touched(folder: Path) -> None:
    for name in (".package.new", ".package.old", ".other.orcagen-1"):
        (folder.parent / name).mkdir()
    write({**FILES, "new.py": ""}, folder)
    names = {".package.new", ".package.old", ".other.orcagen-1", "package"}
    assert {p.name for p in folder.parent.iterdir()} == names


def test_folders_keep_their_modes(folder: Path) -> None:
    (folder / "mine").mkdir()
    modes = {"": 0o2750, "api": 0o700, "mine": 0o711}
    for path, mode in modes.items():
        (folder / path).chmod(mode)
    write({**FILES, "api/one.py": "changed\n"}, folder)
    assert {path: stat.S_IMODE((folder / path).stat().st_mode) for path in modes} == modes


def test_several_runs_at_the_same_time_leave_one_whole_package(folder: Path) -> None:
    """Each waits for the other: two processes that write different packages by turns, into one folder."""
    code = (
        "import sys; from pathlib import Path; from orcagen.output.write import write\n"
        "text, folder = sys.argv[1], Path(sys.argv[2])\n"
        "for _ in range(30): write({f'{n}.py': text for n in range(20)}, folder)"
    )
    (folder / "own.py").write_text("mine\n")
    command = [sys.executable, "-c", code]
    runs = [subprocess.Popen([*command, text, str(folder)]) for text in ("a = 1\n", "b = 2\n")]
    assert [run.wait() for run in runs] == [0, 0]
    texts = {path.read_text() for path in folder.glob("[0-9]*.py")}
    assert len(texts) == 1
    assert (folder / "own.py").read_text() == "mine\n"
    assert [p.name for p in folder.parent.iterdir()] == ["package"]


def test_a_mount_point_is_refused_before_anything_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda path: path == folder)
    with pytest.raises(InputError, match="mount point"):
        check_folder(folder)
    monkeypatch.undo()
    info = f"36 35 98:0 /mnt1 {folder} rw,noatime - ext3 /dev/root rw\n".encode()
    read_bytes = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda p: info if p.name == "mountinfo" else read_bytes(p)
    )
    with pytest.raises(InputError, match="mount point"):
        check_folder(folder)
    check_folder(tmp_path / "another")


def test_a_failure_leaves_the_old_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _tree(folder)
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "two.py":
            raise OSError(28, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        write({"__init__.py": "x\n", "api/one.py": "y\n", "api/two.py": "z\n"}, folder)
    assert _tree(folder) == before


def test_a_file_where_the_folder_has_to_be(tmp_path: Path) -> None:
    (tmp_path / "package").write_text("a file")
    with pytest.raises(InputError, match="package"):
        write(FILES, tmp_path / "package")
    assert (tmp_path / "package").read_text() == "a file"


def test_text_is_utf_8_with_plain_line_ends(folder: Path) -> None:
    write({"a.py": "# ü€😀\nx = 1\n"}, folder)
    assert (folder / "a.py").read_bytes() == "# ü€😀\nx = 1\n".encode()


# Comparing


def test_compare_writes_nothing(folder: Path) -> None:
    before = _tree(folder)
    changes = compare({"__init__.py": "new\n", "more.py": ""}, folder)
    assert changes.updated == ("__init__.py", "more.py")
    assert changes.removed == ("api/one.py", "api/two.py", "py.typed")
    assert _tree(folder) == before


def test_differences_read_like_a_patch(folder: Path) -> None:
    files = {**FILES, "__init__.py": "a = 5\n", "more.py": "d = 6\n"}
    del files["api/two.py"]
    lines = list(format_changes(files, folder, compare(files, folder)))
    assert "-a = 1" in lines
    assert "+a = 5" in lines
    assert "+d = 6" in lines
    assert any("__init__.py" in line for line in lines)
    assert any("api/two.py" in line and "no longer" in line for line in lines)


def test_long_differences_are_cut(folder: Path) -> None:
    files = {**FILES, "__init__.py": "\n".join(f"x{i} = {i}" for i in range(5000))}
    lines = list(format_changes(files, folder, compare(files, folder)))
    assert len(lines) < 100
    assert any("more lines" in line for line in lines)
