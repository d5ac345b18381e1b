"""Which article belongs to which split, and what is wrong with files that say so."""

from pathlib import Path

import pytest

from eventcorpus.dataset.splits import Duplicates, check_splits, read_splits
from eventcorpus.errors import InputError
from eventcorpus.schema import Article


def test_splits_map_each_article_to_one_split(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a\nb\n")
    (tmp_path / "validation.txt").write_text("c\n")
    (tmp_path / "test.txt").write_text("d\n")
    assert read_splits(tmp_path) == {"a": "train", "b": "train", "c": "validation", "d": "test"}


def test_blank_lines_and_edges_are_no_ids(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_bytes(b"\xef\xbb\xbfa \r\n\r\n  b\r\n")
    assert read_splits(tmp_path) == {"a": "train", "b": "train"}


@pytest.mark.parametrize("content", ["", "\n"])
def test_a_split_may_be_an_empty_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "train.txt").write_text("a\n")
    (tmp_path / "test.txt").write_text(content)
    assert read_splits(tmp_path) == {"a": "train"}


def test_an_article_in_two_splits_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a\nb\n")
    (tmp_path / "test.txt").write_text("c\nb\n")
    with pytest.raises(InputError, match=r"test\.txt: line 2: article 'b' is in train already"):
        read_splits(tmp_path)


def test_an_article_twice_in_one_split_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a\na\n")
    with pytest.raises(InputError, match=r"line 2: article 'a' is in train already"):
        read_splits(tmp_path)


def test_a_folder_without_split_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of train\.txt, validation\.txt, test\.txt"):
        read_splits(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_splits(tmp_path / "nowhere")


def test_an_article_in_no_split_is_an_error() -> None:
    with pytest.raises(InputError, match=r"article 'b' is in no split \(2 are not\)"):
        check_splits({"a": "train"}, ["a", "b", "c"], place="splits")


def test_ids_without_an_article_are_returned() -> None:
    assert check_splits({"b": "train", "a": "test", "c": "test"}, ["c"], place="splits") == ["a", "b"]


def test_exact_duplicates_are_found_and_those_across_splits_come_first() -> None:
    duplicates = Duplicates()
    for split, article_id, text in (
        ("train", "a", "one"), ("train", "b", "one"), ("train", "c", "two"), ("test", "d", "two")
    ):  # fmt: skip
        duplicates.add(split, Article(article_id, text))
    assert duplicates.found == [("c", "d", True), ("a", "b", False)]
