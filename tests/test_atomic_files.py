from pathlib import Path

import pytest

from eventcorpus.errors import InputError, OutputError
from eventcorpus.files import atomic_file, atomic_folder, read_json, read_json_lines, read_text, write_json


def test_a_fault_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_file(path) as file:
        file.write("new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_fault_leaves_the_old_folder_as_it_was(tmp_path: Path) -> None:
    def ours(path: Path) -> bool:
        return (path / "mark").exists()

    with atomic_folder(tmp_path / "d", is_ours=ours) as folder:
        (folder / "mark").write_text("1")
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "d", is_ours=ours) as folder:
        (folder / "mark").write_text("2")
        raise RuntimeError
    assert (tmp_path / "d" / "mark").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["d"]


def test_a_folder_of_ours_is_replaced_whole(tmp_path: Path) -> None:
    for name in ("first", "second"):
        with atomic_folder(tmp_path / "d", is_ours=lambda path: True) as folder:
            (folder / name).write_text("")
    assert [p.name for p in (tmp_path / "d").iterdir()] == ["second"]


def test_a_file_in_the_place_of_a_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("mine")
    with (
        pytest.raises(OutputError, match="was not written by this command"),
        atomic_folder(tmp_path / "d", is_ours=lambda p: True),
    ):
        pass
    assert (tmp_path / "d").read_text() == "mine"


def test_a_byte_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match="byte 3 is not UTF-8"):
        read_text(tmp_path / "a.txt")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbftext")
    assert read_text(tmp_path / "a.txt") == "text"


def test_faults_in_json_have_a_place(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text('{\n"a": }')
    with pytest.raises(InputError, match=rf"^{path}: line 2, column 6: not valid JSON"):
        read_json(path)
    with pytest.raises(InputError, match="^f: line 3 is not a JSON object"):
        list(read_json_lines(["{}", "", "[1]"], place="f"))
    path.write_text("[" * 100_000)
    with pytest.raises(InputError, match="nested too deeply"):
        read_json(path)


def test_json_is_never_written_with_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []
