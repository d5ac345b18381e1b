"""Exports read again by ``convert``: the same spans, roles and attributes where the format holds them, the rest counted.

``EVENTCORPUS_GENERATED`` says how many datasets are made for each pair; ``make test-formats`` takes 500.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import pytest
from made_datasets import Made, made_dataset

from eventcorpus.conversion_report import KINDS
from eventcorpus.dataset.convert import Conversion, convert
from eventcorpus.dataset.export import export
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.dataset.formats import FORMATS
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.text import words

N = int(os.environ.get("EVENTCORPUS_GENERATED", "12"))
PAIRS = {"conll": "conll", "brat": "brat", "spacy": "spacy", "hf-tokens": "huggingface"}
Place = tuple[int, int, str]


def there_and_back(tmp_path: Path, seed: int, to: str) -> tuple[Made, Conversion, dict[str, list[AnnotatedArticle]]]:
    if PAIRS[to] not in FORMATS:
        pytest.skip(f"convert does not read {PAIRS[to]}")
    if to == "spacy":
        pytest.importorskip("spacy")
    for name in ("ds", "out", "again"):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
    made = made_dataset(tmp_path / "ds", seed)
    exported = export(made.folder, tmp_path / "out", to=to)
    check_account(made, exported)
    convert(tmp_path / "out", tmp_path / "again", format=PAIRS[to])
    return made, exported, read_dataset(tmp_path / "again").splits


def check_account(made: Made, exported: Conversion) -> None:
    """In = kept + repaired + refused, of everything that is in the dataset."""
    spans = [span for annotated in made.articles for span in annotated.spans]
    n = {
        "articles": len(made.articles),
        "spans": len(spans),
        "roles": sum(len(annotated.roles) for annotated in made.articles),
        "attributes": sum(len(span.attributes) for span in spans),
    }
    assert {kind: exported.report.counts(kind)["in"] for kind in KINDS} == n


def plain(name: str, unwanted: str) -> str:
    """A name as the exports write it, of a kind that has no other name like it."""
    return re.sub(unwanted, "_", re.sub(r" \(role\)$", "", name))


def one_layer(annotated: AnnotatedArticle, made: Made) -> list[Place]:
    """Of spans that overlap the longest, the earliest, the first of the ontology; as (first word, one past the last)."""
    tokens = words(annotated.article.text)
    taken: set[int] = set()
    free = set(range(len(tokens)))
    found: list[Place] = []
    order = sorted(annotated.spans, key=lambda s: (s.start - s.end, s.start, made.ontology.rank[s.label], s.id))
    winners = []
    for span in order:
        if taken.isdisjoint(range(span.start, span.end)):
            taken |= set(range(span.start, span.end))
            winners.append(span)
    for span in sorted(winners, key=lambda s: s.start):
        touched = [i for i in sorted(free) if tokens[i][0] < span.end and tokens[i][1] > span.start]
        if touched:
            free -= set(touched)
            found.append((touched[0], touched[-1] + 1, span.label))
    return found


def in_words(annotated: AnnotatedArticle) -> list[Place]:
    """The spans of an article by the words that they consist of."""
    tokens = words(annotated.article.text)
    first = {start: i for i, (start, _) in enumerate(tokens)}
    last = {end: i + 1 for i, (_, end) in enumerate(tokens)}
    return [(first[span.start], last[span.end], span.label) for span in annotated.spans]


def spelled(annotated: AnnotatedArticle) -> list[str]:
    return [annotated.article.text[start:end] for start, end in words(annotated.article.text)]


def pairs(made: Made, splits: dict[str, list[AnnotatedArticle]]) -> Iterable[tuple[AnnotatedArticle, AnnotatedArticle]]:
    """Articles before and after, which come in the same order, or by a part of their id."""
    assert {split: len(articles) for split, articles in splits.items()} == {
        split: len(articles) for split, articles in made.splits.items()
    }
    for split, articles in made.splits.items():
        yield from zip(articles, splits[split], strict=True)


@pytest.mark.parametrize("seed", range(N))
def test_conll(tmp_path: Path, seed: int) -> None:
    made, exported, splits = there_and_back(tmp_path, seed, "conll")
    n_out = 0
    for before, after in pairs(made, splits):
        assert spelled(before) == spelled(after)
        expected = [(a, b, plain(label, r"[\s|;,]+")) for a, b, label in one_layer(before, made)]
        assert sorted(in_words(after)) == sorted(expected)
        n_out += len(expected)
    assert exported.report.counts("spans")["out"] == n_out
    assert exported.report.counts("roles")["out"] == exported.report.counts("attributes")["out"] == 0


@pytest.mark.parametrize("seed", range(N))
def test_tokens_and_ner_tags(tmp_path: Path, seed: int) -> None:
    made, exported, splits = there_and_back(tmp_path, seed, "hf-tokens")
    n_out = 0
    for before, after in pairs(made, splits):
        assert before.article.text == after.article.text
        assert before.article.title == after.article.title and before.article.language == after.article.language
        expected = [(a, b, re.sub("[|;,]+", "_", label)) for a, b, label in one_layer(before, made)]
        assert sorted(in_words(after)) == sorted(expected)
        n_out += len(expected)
    assert exported.report.counts("spans")["out"] == n_out


@pytest.mark.parametrize("seed", range(N))
def test_spacy(tmp_path: Path, seed: int) -> None:
    made, exported, splits = there_and_back(tmp_path, seed, "spacy")
    for before, after in pairs(made, splits):
        assert before.article.text == after.article.text
        assert places(before) == places(after)
        assert before.article.metadata == after.article.metadata and before.article.title == after.article.title
    assert exported.report.counts("spans")["kept"] == sum(len(annotated.spans) for annotated in made.articles)


def places(annotated: AnnotatedArticle, unwanted: str = "$^") -> Counter[Place]:
    return Counter((span.start, span.end, re.sub(unwanted, "_", span.label)) for span in annotated.spans)


@pytest.mark.parametrize("seed", range(N))
def test_brat(tmp_path: Path, seed: int) -> None:
    made, exported, splits = there_and_back(tmp_path, seed, "brat")
    for split, articles in made.splits.items():
        by_text = {(annotated.article.text, n): annotated for annotated, n in numbered(splits[split])}
        for before, n in numbered(articles):
            after = by_text[re.sub("^\ufeff", "\u200b", before.article.text), n]
            assert facts(before) == facts(after)
    spans = exported.report.counts("spans")
    assert spans["kept"] == spans["in"] and exported.report.counts("roles")["refused"] == 0


def numbered(articles: Iterable[AnnotatedArticle]) -> Iterable[tuple[AnnotatedArticle, int]]:
    """Articles with how many of the same text and annotation come before."""
    seen: dict[str, count[int]] = {}
    ordered = sorted(articles, key=lambda a: str(facts(a)))
    return [(annotated, next(seen.setdefault(annotated.article.text, count()))) for annotated in ordered]


def facts(annotated: AnnotatedArticle) -> list[object]:
    """Spans with their attributes, and roles between them, by place, with the names of brat."""

    def name(given: str) -> str:
        bare = re.sub(r" \((?:role|attribute)\)$", "", given)
        plain_name = re.sub(r"[^\w-]+", "_", bare)
        return plain_name.rstrip("_")

    def note(value: str) -> str:
        return re.sub(r"[\r\n]+", " ", value).strip()

    place = {span.id: (span.start, span.end, name(span.label)) for span in annotated.spans}
    spans = [
        (place[span.id], sorted((name(key), note(value)) for key, value in span.attributes)) for span in annotated.spans
    ]
    roles = [(name(role.role), place[role.trigger], place[role.argument]) for role in annotated.roles]
    return [sorted(spans), sorted(roles)]
