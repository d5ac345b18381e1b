"""Splits: which article is for training, which for tuning, which for the final score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from eventcorpus.errors import InputError
from eventcorpus.files import read_text

SPLITS = ("train", "validation", "test")


def read_splits(folder: Path) -> dict[str, str]:
    """Read train.txt, validation.txt and test.txt (one article id a line) into article id -> split.

    Raises:
        InputError: if none of the files is there, or an article is in two.
    """
    split_of: dict[str, str] = {}
    for split, place, article_id in split_entries(folder):
        if article_id in split_of:
            raise InputError(
                f"{place}: article {article_id!r} is in {split_of[article_id]} already; one split an article"
            )
        split_of[article_id] = split
    return split_of


def split_entries(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (split, place, article id) for every line of the three files; an article may come more than once.

    Raises:
        InputError: if none of the files is there.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; splits are {', '.join(f'{name}.txt' for name in SPLITS)} in one folder"
        )
    files = [(split, folder / f"{split}.txt") for split in SPLITS if (folder / f"{split}.txt").is_file()]
    if not files:
        raise InputError(f"{folder}: none of train.txt, validation.txt, test.txt; each holds one article id a line")
    for split, path in files:
        for number, line in enumerate(read_text(path).splitlines() if path.read_bytes().strip() else [], start=1):
            if article_id := line.strip():
                yield split, f"{path}: line {number}", article_id


def check_splits(split_of: dict[str, str], article_ids: Iterable[str], *, place: str) -> list[str]:
    """Compare splits with the articles of a corpus.

    Returns:
        ids in a split that are not among the articles (they may not be annotated).

    Raises:
        InputError: if an article is in no split.
    """
    ids = list(article_ids)
    without = [article_id for article_id in ids if article_id not in split_of]
    if without:
        raise InputError(
            f"{place}: article {without[0]!r} is in no split ({len(without)} are not); add it to "
            "train.txt, validation.txt or test.txt"
        )
    return sorted(set(split_of) - set(ids))


def exact_duplicates(articles: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, bool]]:
    """Articles with exactly the text of an earlier one.

    Args:
        articles: (split, id, SHA-256 of the text).

    Returns:
        (earlier id, id, whether the two are in different splits), those in different splits first.
    """
    first: dict[str, tuple[str, str]] = {}
    found: list[tuple[str, str, bool]] = []
    for split, article_id, sha256 in articles:
        in_split, original = first.setdefault(sha256, (split, article_id))
        if (in_split, original) != (split, article_id):
            found.append((original, article_id, in_split != split))
    return sorted(found, key=lambda pair: not pair[2])
