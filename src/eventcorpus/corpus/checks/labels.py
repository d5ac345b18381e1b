"""Labels that other mentions of the same words, a pattern or a model suggest: labelled differently, or not at all."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from eventcorpus.corpus.checks.findings import Finding, finding_at, is_english
from eventcorpus.ontology import Ontology, expression_of
from eventcorpus.predictions import Prediction, check_prediction
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.tables import counted
from eventcorpus.text import words

SHORTEST_NAME = 4
"""Letters of the shortest name whose repeats are looked for."""
OFTEN = 5
MOST = 0.9
"""The corpus always labels a name if it does so at least this often, and in at least this share of its places."""
SURE = 0.8
"""Confidence from which a prediction that gold lacks is worth a look."""


def labelled_differently(gold: Iterable[AnnotatedArticle], ontology: Ontology) -> Iterator[Finding]:
    """Mentions whose words more often have another label.

    The score is how many mentions have the usual label for one that has this.
    """
    mentions_of: defaultdict[str, dict[str, list[tuple[AnnotatedArticle, Span]]]] = defaultdict(dict)
    for annotated in gold:
        for span in annotated.spans:
            by_label = mentions_of[_normalised(annotated.article, span)]
            by_label.setdefault(span.label, []).append((annotated, span))
    for by_label in mentions_of.values():
        if len(by_label) < 2:
            continue
        usual = max(by_label, key=lambda label: (len(by_label[label]), -ontology.rank.get(label, 0)))
        first, _ = by_label[usual][0]
        for label, mentions in by_label.items():
            if label == usual:
                continue
            score = round(len(by_label[usual]) / len(mentions), 2)
            message = (
                f"{label} here ({len(mentions)} in all), {usual} {counted(len(by_label[usual]), 'time')}, "
                f"first in {first.article.id}"
            )
            for annotated, span in mentions:
                yield finding_at(span, annotated, "labelled-differently", message, score=score)


def unlabelled_repeats(gold: Sequence[AnnotatedArticle], ontology: Ontology) -> Iterator[Finding]:
    """Names without a label, though the same article, or nearly always the corpus, labels them.

    A name is an entity's words that begin with a capital and have a word of four letters or more. Names are looked for
    from left to right, the longest first, and do not overlap; what overlaps any span is labelled. The score is the
    share of its places in which the name is labelled, and 1 more where the same article labels it.
    """
    labels_of = _labels_of_names(gold, ontology)
    by_first_word: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for parts in sorted(labels_of, key=lambda parts: (-len(parts), parts)):
        by_first_word[parts[0]].append(parts)
    labelled_in: list[set[tuple[str, ...]]] = []
    unlabelled: dict[tuple[str, ...], list[tuple[int, int, int]]] = {parts: [] for parts in labels_of}
    for number, annotated in enumerate(gold):
        text = annotated.article.text
        offsets = words(text)
        tokens = [text[start:end] for start, end in offsets]
        labelled_in.append({_parts(text, span) for span in annotated.spans})
        covered = _covered(annotated)
        i = 0
        while i < len(tokens):
            parts = next((p for p in by_first_word.get(tokens[i], ()) if tuple(tokens[i : i + len(p)]) == p), ())
            if not parts:
                i += 1
                continue
            start, end = offsets[i][0], offsets[i + len(parts) - 1][1]
            if not any(covered[start:end]):
                unlabelled[parts].append((number, start, end))
            i += len(parts)
    for parts, labels in labels_of.items():
        n_labelled, n_not = labels.total(), len(unlabelled[parts])
        share = n_labelled / (n_labelled + n_not)
        always = n_labelled >= OFTEN and share >= MOST
        usual = labels.most_common(1)[0][0]
        for number, start, end in unlabelled[parts]:
            annotated, same_article = gold[number], parts in labelled_in[number]
            if not (same_article or always) or usual not in annotated.labels_annotated:
                continue
            where = "in this article" if same_article else "in the corpus"
            message = f"not labelled; {usual} elsewhere {where} ({n_labelled} labelled, {n_not} not, in all)"
            text, score = annotated.article.text[start:end], round(share + same_article, 3)
            yield Finding("unlabelled-repeat", annotated.article.id, message, start, end, text, score)


def _labels_of_names(
    gold: Iterable[AnnotatedArticle], ontology: Ontology
) -> defaultdict[tuple[str, ...], Counter[str]]:
    """How often each name, in words, has each label."""
    labels_of: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for annotated in gold:
        text = annotated.article.text
        for span in annotated.spans:
            if span.label in ontology.entity_names and text[span.start].isupper():
                parts = _parts(text, span)
                if any(len(part) >= SHORTEST_NAME and part.isalpha() for part in parts):
                    labels_of[parts][span.label] += 1
    return labels_of


def _parts(text: str, span: Span) -> tuple[str, ...]:
    mention = text[span.start : span.end]
    return tuple(mention[start:end] for start, end in words(mention))


def _covered(annotated: AnnotatedArticle) -> bytearray:
    """One byte a character: whether a span covers it."""
    covered = bytearray(len(annotated.article.text))
    for span in annotated.spans:
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    return covered


def _normalised(article: Article, span: Span) -> str:
    return " ".join(article.text[span.start : span.end].casefold().split())


_DAYS = "Mon|Tues|Wednes|Thurs|Fri|Satur|Sun"
_MONTHS = "January|February|April|June|July|August|September|October|November|December"
_AFTER = "|".join(
    rf"(?<=\b{word} )" for word in ("in", "of", "since", "until", "by", "early", "late", "mid", "last", "this", "next")
)
_NUMBER = (
    r"\d[\d,.]*\d|\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|dozens|scores|hundreds|thousands|"
    r"a dozen"
)
_PEOPLE = (
    "people|persons|men|women|children|civilians|residents|villagers|soldiers|troops|fighters|militants|rebels|gunmen|"
    "police|officers|protesters|demonstrators|marchers|refugees|migrants|prisoners|detainees|hostages|students|workers|"
    "passengers|journalists|policemen|recruits|insurgents|guards|pensioners|farmers|miners|activists|guerrillas"
)
_EXPRESSION_OF = {
    "weekday": rf"\b(?:{_DAYS})day\b",
    # March and May are words of their own: they count beside a number, or after a preposition
    "month": rf"\b(?:{_MONTHS})\b|\b\d{{1,2}} (?:March|May)\b|\b(?:March|May) \d{{1,4}}\b|(?:{_AFTER})(?:March|May)\b",
    "people": rf"\b({_NUMBER})(?: of)?(?: (?!and\b|or\b|to\b)[a-z-]+)? (?:{_PEOPLE})\b",
}
"""The expressions of ``ontology.ENGLISH_PATTERNS``; a group in one is what should be labelled."""


def unlabelled_patterns(gold: Iterable[AnnotatedArticle], ontology: Ontology) -> Iterator[Finding]:
    """Matches of the ontology's patterns that no span touches, in articles whose annotator could use the label."""
    compiled = [
        (label, name, re.compile(expression_of(name) or _EXPRESSION_OF[name]))
        for label, names in ontology.checks.patterns.items()
        for name in names
    ]
    for annotated in gold:
        text, spans = annotated.article.text, annotated.spans
        english = is_english(annotated.article)
        for label, name, expression in compiled:
            if label not in annotated.labels_annotated or (name in _EXPRESSION_OF and not english):
                continue
            for match in expression.finditer(text):
                group = 1 if expression.groups and match[1] is not None else 0
                start, end = match.span(group)
                if start < end and not any(span.start < end and start < span.end for span in spans):
                    message = f"not labelled; looks like {label} ({name}): {match[0]!r}"
                    yield Finding("unlabelled-pattern", annotated.article.id, message, start, end, text[start:end])


def only_predicted(
    gold: Iterable[AnnotatedArticle], predictions: Mapping[str, Prediction], *, place: str
) -> Iterator[Finding]:
    """Predictions that gold does not have, the score being the model's confidence.

    Args:
        predictions: by article id, from ``place``.

    Raises:
        PredictionsError: if a prediction was made from another text.
    """
    for annotated in gold:
        article, prediction = annotated.article, predictions.get(annotated.article.id)
        if prediction is None:
            continue
        check_prediction(prediction, article, place=place)
        in_gold = {(span.start, span.end, span.label) for span in annotated.spans}
        for m in prediction.mentions:
            is_known = (m.start, m.end, m.label) in in_gold or m.label not in annotated.labels_annotated
            if m.confidence >= SURE and not is_known:
                overlapping = ", ".join(
                    f"{span.label} {article.text[span.start : span.end]!r}"
                    for span in annotated.spans
                    if span.start < m.end and m.start < span.end
                )
                message = f"predicted {m.label} ({m.confidence:.2f}); gold has {overlapping or 'nothing there'}"
                yield Finding("only-predicted", article.id, message, m.start, m.end, m.text, m.confidence)


def never_predicted(gold: Iterable[AnnotatedArticle], predictions: Mapping[str, Prediction]) -> Iterator[Finding]:
    """Words with a gold label of which the model finds not one mention; the score is the number of mentions.

    There is one finding for all mentions of the same words, at the first.
    """
    mentions_of: defaultdict[tuple[str, str], list[tuple[AnnotatedArticle, Span]]] = defaultdict(list)
    found: set[tuple[str, str]] = set()
    for annotated in gold:
        prediction = predictions.get(annotated.article.id)
        if prediction is None:
            continue
        predicted = {(m.start, m.end, m.label) for m in prediction.mentions}
        for span in annotated.spans:
            key = _normalised(annotated.article, span), span.label
            mentions_of[key].append((annotated, span))
            if (span.start, span.end, span.label) in predicted:
                found.add(key)
    for key, mentions in mentions_of.items():
        if key not in found:
            annotated, span = mentions[0]
            n = len(mentions)
            message = f"{span.label}, {counted(n, 'mention')}, none of them predicted"
            yield finding_at(span, annotated, "never-predicted", message, score=float(n))
