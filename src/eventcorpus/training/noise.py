"""Articles as they come from the web: under headlines, in lower case, with lost characters, with lists of names.

Augmentations for training only. A corpus that was written for annotation has clean text; news that was scraped, scanned
or shortened has not, and a model that never read such text errs on it (Belinkov and Bisk 2018, *Synthetic and natural
noise both break neural machine translation*). Spans, roles and events follow the text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from eventcorpus.schema import AnnotatedArticle, Event, Role, Span
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
_LOST = ((_APOSTROPHE, 0.5), (_BLANK_AFTER_SENTENCE, 0.15), (_BLANK, 0.01))
"""Characters that are lost in damaged text, and how often."""
_MAX_LISTS = 3
"""Names of an article that become lists."""
_WORD_BEFORE = re.compile(r"(?:^|[\s\"“(])(?!and\b|or\b)[a-z]+ $")
_END_AFTER = re.compile(r"[.;]|,? (?!and\b|or\b)[a-z]|\n|$")
"""Between such a word and such an end a name stands alone, so that others may follow it."""


def with_headline(annotated: AnnotatedArticle, rng: random.Random) -> AnnotatedArticle:
    """The article under a headline: its first sentence without dateline, determiners and stop, and a line feed.

    The headline is in capitals, in title case or as the sentence is. Its spans, roles and events are those of the
    sentence. An article that begins with a short line has a headline already and stays as it is.
    """
    text = annotated.article.text
    first_line = text.partition("\n")[0]
    if len(first_line) < len(text) and not first_line.rstrip('"”’').endswith((".", "!", "?", "…")):
        return annotated
    dateline = _DATELINE.match(text)
    start = dateline.end() if dateline else 0
    inside = [(span.start, span.end) for span in annotated.spans]
    ends = (found.start() for found in _SENTENCE_END.finditer(text, start))
    end = next((at for at in ends if not any(s < at < e for s, e in inside)), len(text))
    if not _HEADLINE_LENGTH[0] <= end - start <= _HEADLINE_LENGTH[1]:
        return annotated
    sentence = _cut(annotated, start, end)
    sentence = edited(
        sentence,
        [
            Edit(*found.span(), "")
            for found in _DETERMINER.finditer(sentence.article.text)
            if not any(span.start < found.end() and found.start() < span.end for span in sentence.spans)
        ],
    )
    if rng.random() < _CUT_SHORT:
        sentence = _broken_off(sentence, rng)
    style = rng.choice((str, _capitals, _title_case))
    headline = style(sentence.article.text)
    return _before(sentence, headline + "\n", annotated)


def with_lists(annotated: AnnotatedArticle, names: Names, rng: random.Random) -> AnnotatedArticle:
    """The article with up to three of its names followed by others of their kind: "Homs", "Homs, Hama and Idlib".

    The names that are added have the label of the first one, and its roles as an argument.
    """
    text, spans = annotated.article.text, annotated.spans
    chosen = [span for span in spans if _stands_alone(span, annotated, names)]
    chosen = rng.sample(chosen, min(_MAX_LISTS, len(chosen)))
    edits: list[Edit] = []
    added: list[tuple[Span, str]] = []
    for span in sorted(chosen, key=lambda s: s.start):
        first = text[span.start : span.end]
        others = list(dict.fromkeys(draw_name(first, span.label, names, rng) for _ in range(rng.choice((1, 1, 2)))))
        others = [other for other in others if other != first]
        if not others:
            continue
        last = rng.choice((" and ", ", ")) if span.label in names.place_labels and len(others) == 1 else " and "
        links = [", "] * (len(others) - 1) + [last]
        edits.append(Edit(span.end, span.end, "".join(link + other for link, other in zip(links, others, strict=True))))
        added += [(span, link + other) for link, other in zip(links, others, strict=True)]
    if not edits:
        return annotated
    other_article = edited(annotated, edits)
    moved = {span.id: span for span in other_article.spans}
    new_spans: list[Span] = []
    ends: dict[str, int] = {}
    for n, (span, tail) in enumerate(added):
        at = ends.get(span.id, moved[span.id].end)
        name = tail.removeprefix(", ").removeprefix(" and ").removeprefix("the ")
        ends[span.id] = at + len(tail)
        new_spans.append(replace(span, id=f"{span.id}-list-{n}", start=at + len(tail) - len(name), end=at + len(tail)))
    new_roles = [
        replace(role, argument=new.id)
        for (span, _), new in zip(added, new_spans, strict=True)
        for role in annotated.roles
        if role.argument == span.id
    ]
    return replace(
        other_article, spans=_ordered([*other_article.spans, *new_spans]), roles=(*other_article.roles, *new_roles)
    )


def damaged(annotated: AnnotatedArticle, rng: random.Random) -> AnnotatedArticle:
    """The article with characters lost as in scraped and scanned text.

    Half of the apostrophes are gone, or a blank where a mention ends ("CRPF s"), some sentences stick to the one before
    ("said.On"), and one word in a hundred sticks to the next.
    """
    ends = {span.end for span in annotated.spans}
    edits = {
        found.start(): Edit(*found.span(), " " if pattern is _APOSTROPHE and found.start() in ends else "")
        for pattern, share in reversed(_LOST)
        for found in pattern.finditer(annotated.article.text)
        if rng.random() < share
    }
    return edited(annotated, [edits[at] for at in sorted(edits)])


def lower_cased(annotated: AnnotatedArticle) -> AnnotatedArticle:
    """The article in small letters; those whose small form is longer stay, so that offsets hold."""
    text = "".join(c.lower() if len(c.lower()) == 1 else c for c in annotated.article.text)
    return replace(annotated, article=replace(annotated.article, text=text))


def _cut(annotated: AnnotatedArticle, start: int, end: int) -> AnnotatedArticle:
    """A part of the article, with the spans that lie in it and the roles between them, under other ids."""
    spans = tuple(
        replace(span, id=_id_in_headline(span.id), start=span.start - start, end=span.end - start)
        for span in annotated.spans
        if start <= span.start and span.end <= end
    )
    ids = {span.id for span in spans}
    roles = (Role(role.role, _id_in_headline(role.trigger), _id_in_headline(role.argument)) for role in annotated.roles)
    return replace(
        annotated,
        article=replace(annotated.article, text=annotated.article.text[start:end]),
        spans=spans,
        roles=tuple(role for role in roles if role.trigger in ids and role.argument in ids),
        events=(),
    )


def _id_in_headline(span_id: str) -> str:
    return f"{span_id}-headline"


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
    end = rng.choice(blanks)
    spans = tuple(span for span in sentence.spans if span.end <= end)
    ids = {span.id for span in spans}
    roles = tuple(role for role in sentence.roles if role.trigger in ids and role.argument in ids)
    return replace(sentence, article=replace(sentence.article, text=text[:end] + "..."), spans=spans, roles=roles)


def _capitals(text: str) -> str:
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def _title_case(text: str) -> str:
    return re.sub(r"\b[^\W\d_](?=[^\W\d_]{3})", lambda found: _capitals(found[0]), text)


def _before(headline: AnnotatedArticle, text: str, annotated: AnnotatedArticle) -> AnnotatedArticle:
    """The article after a headline, which tells the same events."""
    ids = {span.id for span in headline.spans}
    events = tuple(
        Event(event.id, event.label, (*(i for i in map(_id_in_headline, event.triggers) if i in ids), *event.triggers))
        for event in annotated.events
    )
    return replace(
        annotated,
        article=replace(annotated.article, text=text + annotated.article.text),
        spans=(*headline.spans, *(span.moved(len(text)) for span in annotated.spans)),
        roles=(*headline.roles, *annotated.roles),
        events=events,
    )


def _stands_alone(span: Span, annotated: AnnotatedArticle, names: Names) -> bool:
    """Whether a span is a name between words in small letters or before a stop, and overlaps no other."""
    text = annotated.article.text
    if span.label not in names.place_labels | names.party_labels or not is_name(text[span.start : span.end], names):
        return False
    return (
        _WORD_BEFORE.search(text[max(0, span.start - 20) : span.start]) is not None
        and _END_AFTER.match(text, span.end) is not None
        and not any(
            other is not span and other.start < span.end and span.start < other.end for other in annotated.spans
        )
    )


def _ordered(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda span: (span.start, -span.end)))
