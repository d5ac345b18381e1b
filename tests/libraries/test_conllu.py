"""CoNLL files against other readers: CoNLL-U against conllu, tags against seqeval, 500 generated files each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, IOE2, Entities

from eventcorpus.conversion_report import ConversionReport
from eventcorpus.formats.conll import read_conll

WORDS = ["Rebels", "Darna", "fled", "1\u00a0200", "#", "O", "-", "B-52", "王", "d'", "🔥", "e\u0301", "10-12", "_", "."]
LABELS = ["ORG", "LOC", "event:attack", "LOC-sub"]
Spans = list[tuple[str, int, int, str]]


def read(path: Path, content: str) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """Text, and spans with their labels, of each document."""
    path.write_text(content, encoding="utf-8", newline="")
    documents = read_conll([path]).documents(ConversionReport())
    return [(d.article.text, [(*mark.pieces[0], mark.label) for mark in d.marks]) for d in documents]


# tags ----------------------------------------------------------------------------------------------------------------


def random_chunks(rng: random.Random, n_words: int) -> list[tuple[int, int, str]]:
    chunks = []
    at = 0
    while at < n_words:
        length = min(rng.choice([1, 1, 1, 2, 3, 5]), n_words - at)
        if rng.random() < 0.5:
            chunks.append((at, at + length, rng.choice(LABELS)))
        at += length
    return chunks


def iob2(n: int, i: int, touches: bool, after: bool) -> str:
    return "B" if i == 0 else "I"


def iob1(n: int, i: int, touches: bool, after: bool) -> str:
    return "B" if i == 0 and touches else "I"


def ioe2(n: int, i: int, touches: bool, after: bool) -> str:
    return "E" if i == n - 1 else "I"


def ioe1(n: int, i: int, touches: bool, after: bool) -> str:
    return "E" if i == n - 1 and after else "I"


def ended(letters: str) -> Callable[[int, int, bool, bool], str]:
    def letter(n: int, i: int, touches: bool, after: bool) -> str:
        return letters[3] if n == 1 else letters[0] if i == 0 else letters[2] if i == n - 1 else letters[1]

    return letter


WRITTEN: dict[str, tuple[Callable[[int, int, bool, bool], str], Any]] = {
    "iob2": (iob2, IOB2),
    "iob1": (iob1, IOB1),
    "ioe2": (ioe2, IOE2),
    "ioe1": (ioe1, None),  # seqeval's IOE1 does not find a mention of one token before one of the same label
    "iobes": (ended("BIES"), IOBES),
    "bilou": (ended("BILU"), BILOU),
    "bmes": (ended("BMES"), None),
    "bmewo": (ended("BMEW"), None),
}


def tags_of(scheme: str, n_words: int, chunks: list[tuple[int, int, str]]) -> list[str]:
    """The tags of chunks; whether one of the same label touches decides where a scheme marks only that."""
    tags = ["O"] * n_words
    ends = {(end, label) for _, end, label in chunks}
    starts = {(start, label) for start, _, label in chunks}
    for start, end, label in chunks:
        for i in range(start, end):
            letter = WRITTEN[scheme][0](end - start, i - start, (start, label) in ends, (end, label) in starts)
            tags[i] = f"{letter}-{label}"
    return tags


@pytest.mark.parametrize("scheme", WRITTEN)
def test_chunks_are_those_that_were_written_and_those_of_seqeval(tmp_path: Path, scheme: str) -> None:
    rng = random.Random(scheme)
    n_chunks = 0
    for n in range(500):
        sentences = [rng.choices(WORDS, k=rng.randrange(1, 12)) for _ in range(rng.randrange(1, 5))]
        chunks = [random_chunks(rng, len(words)) for words in sentences]
        if not any(chunks):
            continue
        tags = [tags_of(scheme, len(words), found) for words, found in zip(sentences, chunks, strict=True)]
        content = "\n".join(
            "".join(f"{word}\t{tag}\n" for word, tag in zip(words, of, strict=True))
            for words, of in zip(sentences, tags, strict=True)
        )
        expected = []
        for words, found in zip(sentences, chunks, strict=True):
            starts = [sum(len(word) + 1 for word in words[:i]) for i in range(len(words))]
            expected.append(
                (" ".join(words), [(starts[a], starts[b - 1] + len(words[b - 1]), label) for a, b, label in found])
            )
        assert read(tmp_path / f"{n}.txt", content) == expected, content
        if theirs := WRITTEN[scheme][1]:
            entities = [
                (e.sent_id, e.start, e.end, e.tag) for several in Entities(tags, theirs).entities for e in several
            ]
            assert entities == [(i, *chunk) for i, found in enumerate(chunks) for chunk in found]
        n_chunks += sum(map(len, chunks))
    assert n_chunks > 1500


@pytest.mark.parametrize("letters", ["BI", "BIES", "IE", "BIS"])
def test_invalid_tags_are_read_as_seqeval_reads_them_by_default(tmp_path: Path, letters: str) -> None:
    rng = random.Random(letters)
    alphabet = ["O", *(f"{letter}-{label}" for letter in letters for label in ("A", "A-b"))]
    for n in range(500):
        tags = [rng.choice(alphabet) for _ in range(rng.randrange(1, 20))]
        if set(tags) == {"O"}:
            continue
        ((_, spans),) = read(tmp_path / f"{n}.txt", "".join(f"w {tag}\n" for tag in tags))
        ours = [(label, start // 2, end // 2) for start, end, label in spans]
        assert ours == get_entities(tags), tags


# CoNLL-U -------------------------------------------------------------------------------------------------------------


def random_conllu(rng: random.Random) -> str:
    """Sentences with comments, ranges, empty nodes, SpaceAfter=No, and tags in the last column or as a key in it."""
    lines = []
    for n in range(rng.randrange(1, 5)):
        lines += [f"# sent_id = {n}", "# text = O B-LOC"][: rng.randrange(3)]
        before = "O"
        number, n_words = 1, rng.randrange(1, 10)
        while number <= n_words:
            rest = "_\t_\tNOUN\t_\t_\t0\troot\t_"
            n_parts = rng.choice([1, 1, 1, 1, 2, 3])
            joined = "SpaceAfter=No|" if rng.random() < 0.2 else ""
            if n_parts > 1:
                n_parts = min(n_parts, n_words - number + 1)
                lines.append(f"{number}-{number + n_parts - 1}\t{rng.choice(WORDS)}\t{rest[2:]}\t{joined}x=y")
            for _ in range(n_parts):
                tag = rng.choice(["O", "O", "B-LOC", "B-event:attack", *(["I" + before[1:]] if before != "O" else [])])
                lines.append(f"{number}\t{rng.choice(WORDS)}\t{rest[2:]}\t{joined if n_parts == 1 else ''}name={tag}")
                before = tag
                number += 1
            if rng.random() < 0.1:
                lines.append(f"{number - 1}.1\t{rng.choice(WORDS)}\t{rest[2:]}\t_")
        lines.append("")
    return "\n".join(lines) + "\n"


def by_conllu(sentence: Any) -> tuple[str, list[tuple[int, int, str]]]:
    """The text and the spans of a sentence as conllu has it, by the rules of CoNLL-U."""
    place: dict[int, tuple[int, int]] = {}
    text, after = "", ""
    for token in sentence:
        numbers = [token["id"]] if isinstance(token["id"], int) else []
        if isinstance(token["id"], tuple) and token["id"][1] == "-":
            numbers = list(range(token["id"][0], token["id"][2] + 1))
        if not numbers or numbers[0] in place:
            continue
        start = len(text) + len(after)
        text += after + token["form"]
        after = "" if (token["misc"] or {}).get("SpaceAfter") == "No" else " "
        place.update(dict.fromkeys(numbers, (start, len(text))))
    spans: list[tuple[int, int, str]] = []
    before = "O"
    for token in sentence:
        if not isinstance(token["id"], int):
            continue
        tag = token["misc"]["name"]
        start, end = place[token["id"]]
        if tag[0] == "I" and before[1:] == tag[1:]:
            spans[-1] = (spans[-1][0], end, tag[2:])
        elif tag != "O":
            spans.append((start, end, tag[2:]))
        before = tag
    return text, sorted(spans, key=lambda span: (span[0], -span[1]))


def test_conllu_files_say_the_same_to_the_library_conllu(tmp_path: Path) -> None:
    conllu = pytest.importorskip("conllu")
    rng = random.Random("conllu")
    n_spans = n_files = 0
    while n_files < 500:
        content = random_conllu(rng)
        if "name=B" not in content:
            continue
        n_files += 1
        expected = [by_conllu(sentence) for sentence in conllu.parse(content)]
        assert read(tmp_path / f"{n_files}.conllu", content) == expected, content
        n_spans += sum(len(spans) for _, spans in expected)
    assert n_spans > 2000


def lines_of_every_kind(rng: random.Random) -> Iterator[str]:
    yield from rng.choices(
        ["a B-X", "b I-X", "c O", "", "\t", "#c", "-DOCSTART- O", "d\tO", "e  B-Y", "f\u00a0O B-Y\r"], k=30
    )


def test_no_line_makes_offsets_wrong(tmp_path: Path) -> None:
    for seed in range(300):
        rng = random.Random(seed)
        content = "a B-X\n" + "\n".join(lines_of_every_kind(rng))
        for text, spans in read(tmp_path / "x.txt", content):
            for start, end, _ in spans:
                assert text[start:end] and text[start:end] == text[start:end].strip()
