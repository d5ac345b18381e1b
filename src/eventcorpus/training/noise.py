"""Articles as they come from the web: under headlines, in lower case, with lost characters, with lists of names.

Augmentations for training only. A corpus that was written for annotation has clean text; news that was scraped, scanned
or shortened has not, and a model may err on it (Belinkov and Bisk 2018, *Synthetic and natural noise both break neural
machine translation*; our own figures, in training/README.md, show no gain). Spans, roles and events follow the text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from eventcorpus.schema import AnnotatedArticle, Role, Span, span_order
from eventcorpus.training.augmentation import Edit, Names, draw_name, edited, is_name

_DATELINE = re.compile(r"[^\n]{0,60}? (?:—|–|--|-) ")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n")
_HEADLINE_LENGTH = (25, 160)
"""Characters of a sentence that becomes a headline."""
_DETERMINER = re.compile(r"\b(?:a|an|the) ", re.IGNORECASE)
"""What headlines leave out."""
_CUT_SHORT = 0.2
"""How often a headline breaks off, as those of some agencies do."""
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’](?=[^\W\d_])")
_BLANK_AFTER_SENTENCE = re.compile(r"(?<=[^\W\d_][.?!])[ \n](?=[^\W\d_])")
_BLANK = re.compile(r"(?<=[^\W\d_]) (?=[^\W\d_])")
_LOST = ((_BLANK, 0.01), (_BLANK_AFTER_SENTENCE, 0.15), (_APOSTROPHE, 0.5))
"""Characters that are lost in damaged text, and how often."""
_MAX_LISTS = 3
"""Names of an article that become lists."""
_WORD_BEFORE = re.compile(r"(?:^|[\s\"“(])(?!and\b|or\b)[a-z]+ $")
_END_AFTER = re.compile(r"[.;]|,? (?!and\b|or\b)[a-z]|\n|$")
"""Between such a word and such an end a name stands alone, so that others may follow it."""


def with_headline(annotated: AnnotatedArticle, rng: random.Random) -> AnnotatedArticle:
    """The article under a headline: its first sentence without dateline, determiners and stop, and a line feed.

    The headline is in capitals, in title case or as the sentence is. Its spans, roles and events are those of the
    sentence. An article whose first line does not end as a sentence has a headline already and stays as it is; so does
    one whose first sentence is too short or too long for a headline.
    """
    text = annotated.article.text
    first_line = text.partition("\n")[0]
    if len(first_line) < len(text) and not first_line.rstrip('"”’').endswith((".", "!", "?", "…")):
        return annotated
    dateline = _DATELINE.match(text)
    start = dateline.end() if dateline else 0
    ends = (found.start() for found in _SENTENCE_END.finditer(text, start))
    end = next((at for at in ends if not any(s.start < at < s.end for s in annotated.spans)), len(text))
    if not _HEADLINE_LENGTH[0] <= end - start <= _HEADLINE_LENGTH[1]:
        return annotated
    sentence = _cut(annotated, start, end)
    determiners = (found.span() for found in _DETERMINER.finditer(sentence.article.text))
    headline = edited(
        sentence,
        [Edit(*at, "") for at in determiners if not any(s.start < at[1] and at[0] < s.end for s in sentence.spans)],
    )
    if rng.random() < _CUT_SHORT:
        headline = _broken_off(headline, rng)
    style = rng.choice((str, _capitals, _title_case))
    return _under(_with_text(headline, style(headline.article.text) + "\n"), annotated)


def with_lists(annotated: AnnotatedArticle, names: Names, rng: random.Random) -> AnnotatedArticle:
    """The article with up to three of its names followed by others of their kind: "Homs", "Homs, Hama and Idlib".

    The names that are added have the label of the first one, and its roles as an argument.
    """
    text = annotated.article.text
    alone = [span for span in annotated.spans if _stands_alone(span, annotated, names)]
    edits: list[Edit] = []
    added_to: dict[str, list[tuple[str, str]]] = {}  # by the id of a span: separators, and the names behind them
    for span in sorted(rng.sample(alone, min(_MAX_LISTS, len(alone))), key=span_order):
        first = text[span.start : span.end]
        drawn = [draw_name(first, span.label, names, rng) for _ in range(rng.choice((1, 1, 2)))]
        others = [name for name in dict.fromkeys(drawn) if name != first]
        if others:
            last = rng.choice((" and ", ", ")) if span.label in names.place_labels and len(others) == 1 else " and "
            separators = [*[", "] * (len(others) - 1), last]
            added_to[span.id] = list(zip(separators, others, strict=True))
            edits.append(Edit(span.end, span.end, "".join(map("".join, added_to[span.id]))))
    moved = edited(annotated, edits)
    if moved is annotated:
        return annotated
    spans: list[Span] = []
    roles: list[Role] = []
    for span in moved.spans:
        end = span.end
        for separator, name in added_to.get(span.id, ()):
            end += len(separator) + len(name)
            start = end - len(name.removeprefix("the "))  # the article of a name is no part of a mention
            spans.append(replace(span, id=f"{span.id}-list-{len(spans)}", start=start, end=end))
            roles += [replace(role, argument=spans[-1].id) for role in annotated.roles if role.argument == span.id]
    all_spans = sorted((*moved.spans, *spans), key=span_order)
    return replace(moved, spans=tuple(all_spans), roles=(*moved.roles, *roles))


def damaged(annotated: AnnotatedArticle, rng: random.Random) -> AnnotatedArticle:
    """The article with characters lost as in scraped and scanned text.

    Half of the apostrophes are gone, or a blank where a mention ends ("CRPF s"), some sentences stick to the one before
    ("said.On"), and one word in a hundred sticks to the next.
    """
    ends = {span.end for span in annotated.spans}
    edits = [
        Edit(*found.span(), " " if pattern is _APOSTROPHE and found.start() in ends else "")
        for pattern, share in _LOST
        for found in pattern.finditer(annotated.article.text)
        if rng.random() < share
    ]
    return edited(annotated, sorted(edits, key=lambda edit: edit.start))


def lower_cased(annotated: AnnotatedArticle) -> AnnotatedArticle:
    """The article in lower case, but for the few letters that would become two characters, so that offsets hold."""
    return _with_text(annotated, _in_case(annotated.article.text, str.lower))


def _with_text(annotated: AnnotatedArticle, text: str) -> AnnotatedArticle:
    return replace(annotated, article=replace(annotated.article, text=text))


def _cut(annotated: AnnotatedArticle, start: int, end: int) -> AnnotatedArticle:
    """A part of the text with the spans that lie in it, the roles between them and all events."""
    spans = tuple(span.moved(-start) for span in annotated.spans if start <= span.start and span.end <= end)
    ids = {span.id for span in spans}
    roles = tuple(role for role in annotated.roles if role.trigger in ids and role.argument in ids)
    return replace(_with_text(annotated, annotated.article.text[start:end]), spans=spans, roles=roles)


def _broken_off(sentence: AnnotatedArticle, rng: random.Random) -> AnnotatedArticle:
    """The sentence up to a blank in its second half that is in no span, and three dots."""
    text = sentence.article.text
    blanks = [
        found.start()
        for found in re.finditer(" ", text)
        if found.start() > len(text) // 2 and not any(s.start <= found.start() < s.end for s in sentence.spans)
    ]
    if not blanks:
        return sentence
    first = _cut(sentence, 0, rng.choice(blanks))
    return _with_text(first, first.article.text + "...")


def _in_case(text: str, change: Callable[[str], str]) -> str:
    """The text with its letters changed one by one, those left alone that would become several characters."""
    return "".join(new if len(new := change(letter)) == 1 else letter for letter in text)


def _capitals(text: str) -> str:
    return _in_case(text, str.upper)


def _title_case(text: str) -> str:
    return re.sub(r"\b[^\W\d_](?=[^\W\d_]{3})", lambda found: _capitals(found[0]), text)


def _under(headline: AnnotatedArticle, annotated: AnnotatedArticle) -> AnnotatedArticle:
    """The article after a headline, which tells the same events and whose spans get ids of their own."""
    ids = {span.id: f"{span.id}-headline" for span in headline.spans}
    return replace(
        _with_text(annotated, headline.article.text + annotated.article.text),
        spans=(
            *(replace(span, id=ids[span.id]) for span in headline.spans),
            *(span.moved(len(headline.article.text)) for span in annotated.spans),
        ),
        roles=(*(Role(r.role, ids[r.trigger], ids[r.argument]) for r in headline.roles), *annotated.roles),
        events=tuple(
            replace(event, triggers=(*(ids[id_] for id_ in event.triggers if id_ in ids), *event.triggers))
            for event in annotated.events
        ),
    )


def _stands_alone(span: Span, annotated: AnnotatedArticle, names: Names) -> bool:
    """Whether a span is a name between words in lower case or before a stop, and overlaps no other."""
    text = annotated.article.text
    if span.label not in names.place_labels | names.party_labels or not is_name(
        text[span.start : span.end], names.common
    ):
        return False
    return (
        _WORD_BEFORE.search(text[max(0, span.start - 20) : span.start]) is not None
        and _END_AFTER.match(text, span.end) is not None
        and not any(
            other is not span and other.start < span.end and span.start < other.end for other in annotated.spans
        )
    )
