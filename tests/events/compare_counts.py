"""Our reading of counts beside other libraries', on the cases of ``cases/counts.csv``; prints a table.

    python tests/events/compare_counts.py

A peer is measured if it can be imported: ``text_to_num`` (text2num), ``word2number``. Peers give one number, so they are
right where it is our ``best``, or ``low`` where there is no best; where the table has neither, where they give none.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventcorpus.events.counts import read_count

CASES = Path(__file__).parent / "cases/counts.csv"
Case = dict[str, str]


def main() -> None:
    """Print, for each reader, the share of the cases in which it is right, by kind."""
    with CASES.open(encoding="utf-8") as file:
        cases = [case for case in csv.DictReader(file)]
    one_number = [case for case in cases if case["number_words"] == "none"]
    readers: dict[str, Callable[[str], int | None]] = {"eventcorpus": _ours}
    for name, (module, reader) in _PEERS.items():
        try:
            readers[name] = reader(importlib.import_module(module))
        except ImportError:
            print(f"{name}: not installed")
    print(f"low, best, high and unit, {len(cases)} cases: eventcorpus {sum(map(_is_right, cases))}")
    print(f"one number, {len(one_number)} cases without a convention for number words:")
    print("| kind | cases | " + " | ".join(readers) + " |")
    print("| --- " * (2 + len(readers)) + "|")
    for kind in [*dict.fromkeys(case["kind"] for case in one_number), ""]:
        some = [case for case in one_number if kind in ("", case["kind"])]
        right = [sum(read(case["words"]) == _one_number(case) for case in some) for read in readers.values()]
        print(f"| {kind or 'all'} | {len(some)} | " + " | ".join(map(str, right)) + " |")


def _is_right(case: Case) -> bool:
    found = read_count(case["words"], after=case["after"], number_words=case["number_words"])  # type: ignore[arg-type]
    wanted = tuple(int(case[end]) if case[end] else None for end in ("low", "best", "high"))
    if found is None:
        return wanted == (None, None, None)
    return (found.low, found.best, found.high, found.unit) == (*wanted, case["unit"] or None)


def _one_number(case: Case) -> int | None:
    said = case["best"] or case["low"]
    return int(said) if said else None


def _ours(words: str) -> int | None:
    found = read_count(words)
    if found is None:
        return None
    return found.low if found.best is None else found.best


def _text2num(module: Any) -> Callable[[str], int | None]:
    """The words as one number, else the only figure once number words are made figures."""

    def read(words: str) -> int | None:
        try:
            return int(module.text2num(words.lower(), "en"))
        except ValueError:
            pass
        return _one_figure(module.alpha2digit(words.lower(), "en", threshold=0))

    return read


def _word2number(module: Any) -> Callable[[str], int | None]:
    def read(words: str) -> int | None:
        try:
            return int(module.word_to_num(words.replace(",", "")))
        except (ValueError, TypeError, IndexError):
            return _one_figure(words)

    return read


def _one_figure(words: str) -> int | None:
    """The only figure in words, which a peer that reads no hedges is given as its answer."""
    figures = [part.strip(".,").replace(",", "") for part in words.split() if any(c.isdigit() for c in part)]
    return int(figures[0]) if len(figures) == 1 and figures[0].isdecimal() else None


_PEERS: dict[str, tuple[str, Callable[[Any], Callable[[str], int | None]]]] = {
    "text2num": ("text_to_num", _text2num),
    "word2number": ("word2number.w2n", _word2number),
}

if __name__ == "__main__":
    main()
