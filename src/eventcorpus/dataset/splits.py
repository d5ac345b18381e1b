"""Splits: which article is for training, which for tuning, which for the final score."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from eventcorpus.annotation.first_seen import FirstSeen
from eventcorpus.errors import InputError
from eventcorpus.files import read_text
from eventcorpus.schema import Article

SPLITS = ("train", "validation", "test")
Shares: TypeAlias = tuple[float, float, float]
"""Percents of the articles for train, validation and test; together 100."""


def shares_of(given: str) -> Shares | None:
    """The shares that ``70/15/15`` says; None if it is the name of a folder.

    Raises:
        InputError: if they are not three, or not 100 together.

    >>> shares_of("80/0/20"), shares_of("corpus/splits")
    ((80.0, 0.0, 20.0), None)
    """
    if not re.fullmatch(r"[\d.]+(/[\d.]+)+", given) or Path(given).is_dir():
        return None
    try:
        train, validation, test = map(float, given.split("/"))
    except ValueError:
        raise InputError(f"--splits {given}: three percents are needed, such as 70/15/15 or 80/0/20") from None
    if train + validation + test != 100:
        raise InputError(f"--splits {given}: together {train + validation + test:g} percent; they must be 100")
    return train, validation, test


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


class Duplicates:
    """Takes articles one after another and finds those with exactly the text of an earlier one."""

    def __init__(self) -> None:
        self._first = FirstSeen()
        self._found: list[tuple[str, str, bool]] = []

    def add(self, split: str, article: Article) -> None:
        """Take one article of a split."""
        this = f"{split} {article.id}"
        first = self._first.add(bytes.fromhex(article.text_sha256), this)
        if first is not None and first != this:
            in_split, _, original = first.partition(" ")
            self._found.append((original, article.id, in_split != split))

    @property
    def found(self) -> list[tuple[str, str, bool]]:
        """(earlier id, id, whether the two are in different splits), those in different splits first."""
        return sorted(self._found, key=lambda pair: not pair[2])
