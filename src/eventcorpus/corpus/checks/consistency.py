"""The same words, labelled differently or not at all, within an article and over the corpus."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from eventcorpus.corpus.checks.findings import Finding
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span
from eventcorpus.text import words as words_of

SHORTEST_NAME = 4
"""Letters of the shortest name whose repeats are looked for."""
OFTEN = 5
MOST = 0.9
"""A name is one that the corpus always labels if it does so this often, and in this share of the places."""


def labelled_differently(gold: Iterable[AnnotatedArticle], ontology: Ontology) -> Iterator[Finding]:
    """Mentions whose words stand more often under another label.

    The score is how lopsided it is: how many mentions have the usual label for one that has this.
    """
    places: defaultdict[str, dict[str, list[tuple[AnnotatedArticle, Span]]]] = defaultdict(dict)
    for one in gold:
        for span in one.spans:
            key = " ".join(one.article.text[span.start : span.end].casefold().split())
            places[key].setdefault(span.label, []).append((one, span))
    for by_label in places.values():
        if len(by_label) < 2:
            continue
        usual = max(by_label, key=lambda label: (len(by_label[label]), -ontology.rank.get(label, 0)))
        there, _ = by_label[usual][0]
        for label, mentions in by_label.items():
            if label == usual:
                continue
            score = round(len(by_label[usual]) / len(mentions), 2)
            for one, span in mentions:
                text = one.article.text[span.start : span.end]
                message = (
                    f"{label} here ({len(mentions)} in all), {usual} {len(by_label[usual])} times, "
                    f"first in {there.article.id}"
                )
                yield Finding("labelled-differently", one.article.id, message, span.start, span.end, text, score)


@dataclass
class _Name:
    """One name: how often it is labelled, and where it is not: (article number, start, end)."""

    labels: Counter[str] = field(default_factory=Counter)
    unlabelled: list[tuple[int, int, int]] = field(default_factory=list)


def unlabelled_repeats(gold: Sequence[AnnotatedArticle], ontology: Ontology) -> Iterator[Finding]:
    """Names that stand unlabelled where the same article, or nearly always the corpus, labels them.

    A name is an entity's words that begin with a capital and have a word of four letters or more. Where the longest
    name ends the next is looked for; what overlaps any span is labelled. The score is the share of its places in which
    the name is labelled, and 1 more where the same article labels it.
    """
    names = _names(gold, ontology)
    by_first: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for parts in names:
        by_first[parts[0]].append(parts)
    for listed in by_first.values():
        listed.sort(key=lambda parts: (-len(parts), parts))
    here: list[set[tuple[str, ...]]] = []
    for number, one in enumerate(gold):
        text = one.article.text
        tokens = words_of(text)
        said = [text[start:end] for start, end in tokens]
        here.append({parts for span in one.spans if (parts := _parts(text, span)) in names})
        taken = _covered(one)
        i = 0
        while i < len(said):
            found = next((p for p in by_first.get(said[i], ()) if tuple(said[i : i + len(p)]) == p), None)
            if found is None:
                i += 1
                continue
            start, end = tokens[i][0], tokens[i + len(found) - 1][1]
            if not any(taken[start:end]):
                names[found].unlabelled.append((number, start, end))
            i += len(found)
    for parts, name in names.items():
        yield from _repeats(parts, name, gold, here)


def _repeats(
    parts: tuple[str, ...], name: _Name, gold: Sequence[AnnotatedArticle], here: Sequence[set[tuple[str, ...]]]
) -> Iterator[Finding]:
    n_labelled = name.labels.total()
    share = n_labelled / (n_labelled + len(name.unlabelled))
    always = n_labelled >= OFTEN and share >= MOST
    usual = name.labels.most_common(1)[0][0]
    for number, start, end in name.unlabelled:
        one, same_article = gold[number], parts in here[number]
        if not (same_article or always) or usual not in one.labels_annotated:
            continue
        where = "in this article" if same_article else "in the corpus"
        message = f"not labelled; {usual} elsewhere {where} ({n_labelled} labelled, {len(name.unlabelled)} not, in all)"
        text = one.article.text[start:end]
        yield Finding("unlabelled-repeat", one.article.id, message, start, end, text, round(share + same_article, 3))


def _names(gold: Iterable[AnnotatedArticle], ontology: Ontology) -> dict[tuple[str, ...], _Name]:
    entities = set(ontology.labels) - set(ontology.trigger_names)
    names: dict[tuple[str, ...], _Name] = {}
    for one in gold:
        for span in one.spans:
            text = one.article.text
            if span.label in entities and text[span.start].isupper():
                parts = _parts(text, span)
                if any(len(part) >= SHORTEST_NAME and part.isalpha() for part in parts):
                    names.setdefault(parts, _Name()).labels[span.label] += 1
    return names


def _parts(text: str, span: Span) -> tuple[str, ...]:
    words = text[span.start : span.end]
    return tuple(words[start:end] for start, end in words_of(words))


def _covered(one: AnnotatedArticle) -> bytearray:
    """One byte a character: whether a span covers it."""
    taken = bytearray(len(one.article.text))
    for span in one.spans:
        taken[span.start : span.end] = b"\1" * (span.end - span.start)
    return taken
