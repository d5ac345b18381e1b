"""Large JSON lists are read item by item; what the quick reader does not take is read all the same."""

from pathlib import Path

import pytest

from eventcorpus.errors import InputError
from eventcorpus.files import read_json_list


def read(tmp_path: Path, content: bytes) -> list[object]:
    (tmp_path / "e.json").write_bytes(content)
    return list(read_json_list(tmp_path / "e.json"))


@pytest.mark.parametrize(
    ("content", "items"),
    [
        (b"[]", []),
        (b'\xef\xbb\xbf \n[{"a": 1.5}, 2]', [{"a": 1.5}, 2]),
        (b'[{"a": "\\ud83d\\ude00"}]', [{"a": "\U0001f600"}]),
        (b'[1, {"a": "x\\ud83d"}, 3]', [1, {"a": "x\ud83d"}, 3]),
        (b"[1, 2, 123456789012345678901234567890]", [1, 2, 123456789012345678901234567890]),
        (b'["\\u0000"]', ["\x00"]),
    ],
    ids=["empty", "byte order mark", "surrogate pair", "lone surrogate", "large integer", "nul"],
)
def test_every_json_list_is_read(tmp_path: Path, content: bytes, items: list[object]) -> None:
    assert read(tmp_path, content) == items


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"tasks": []}', "not a JSON list"),
        (b'[{"a": 1},\n {"b" 2}]', "line 2, column 7: not valid JSON"),
        (b'[{"a": 1}, {"b"', "line 1, column 16: not valid JSON"),
        (b'["\xff"]', "byte 2 is not UTF-8"),
        (b" \n", "the file is empty"),
        (b"[" * 100_000, "not valid JSON|nested too deeply"),
        (b"[1, " + b"9" * 5000 + b"]", "a number that is too long"),
    ],
)
def test_what_is_no_json_list_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(read_json_list(tmp_path / "nowhere.json"))


def test_items_come_before_the_fault_that_follows_them(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_bytes(b'[{"a": 1}, {"a": 2}, nonsense]')
    items = read_json_list(tmp_path / "e.json")
    assert next(items) == {"a": 1}
    with pytest.raises(InputError, match="not valid JSON"):
        list(items)
