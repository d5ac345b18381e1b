"""Where spans begin and end: inside a word, with punctuation, with a determiner, over the end of a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from eventcorpus.corpus.checks.findings import Finding
from eventcorpus.ontology import Ontology, expression_of
from eventcorpus.schema import AnnotatedArticle, Span

DETERMINERS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "my",
        "our",
        "your",
        "his",
        "her",
        "its",
        "their",
        "each",
        "every",
        "any",
        "another",
        "such",
        "both",
        "either",
        "neither",
    ]
)
"""English; possessive pronouns among them. "all", "some" and "many" are hedges of numbers, and not here."""
_WEAK = frozenset(["this", "that", "these", "those", "each", "every", "another", "such", "both", "either", "neither"])
_UNITS = (
    "second|minute|hour|morning|afternoon|evening|day|night|week|weekend|fortnight|month|season|spring|summer|autumn|winter|"
    "year|decade|century"
)
_DATES = (
    rf"(?:{_UNITS})s?|noon|dawn|dusk|harvest|rains|january|february|march|april|may|june|july|august|september|october|"
    "november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
)
_MEASURE = rf"{_UNITS}|hundred|thousand|million|dozen|score|handful|couple|few|number|quarter|half|third|while"
_HOW_MUCH = r"\W*(?:good|full|further|whole|small|large|limited|little|single)\W+"
_MEASURES = re.compile(
    # "a dozen", "a quarter of an hour", "an hour later", "a few hundred", "a small number": a stands for one
    rf"an? (?:{_HOW_MUCH})?(?:{_MEASURE})s?\W*"
    r"(?: (?:and|or|of|later|earlier|ago|before|after|more|hundred|thousand|million|years?|months?|days?|hours?)\b.*)?"
    r"|a single|a little (?:after|before|over|under)\b.*"
    # "this morning", "that August", "every dawn", "those hours": which one it is
    rf"|(?:this|that|these|those|each|every|another) (?:\w+ )?(?:{_DATES})",
    re.IGNORECASE | re.DOTALL,
)
"""Words in which the determiner counts or dates, and belongs to the span."""
_MAY_BEGIN, _MAY_END = "#@&¡¿", "%‰"
_ABBREVIATION = re.compile(r"(?:^|[\W_])(?:\w|[A-Z]\w{0,3}|[ap]\.m|(?:\w\.)+\w)\.$")
_TITLE = "".join(rf"(?<!\b[A-Z][a-z]{{{n}}})" for n in (1, 2, 3))  # such as Dr., Gen., Capt.
_SENTENCE_END = re.compile(rf"\n|[;!?]|{_TITLE}(?<=[^\W\d_]{{2}})\.\s+(?=[A-Z“\"'‘])")
_PAIRS = {")": "(", "]": "[", "”": "“", "’": "‘", "»": "«", '"': '"', "'": "'"}


def edge_findings(one: AnnotatedArticle, ontology: Ontology) -> Iterator[Finding]:
    """Look at the edges of every span; determiners at entities of English articles (or of no language) alone.

    A determiner that counts ("a dozen", "an hour later") or dates ("this morning") is no finding.

    The score is 1, and 0 for demonstratives and the like, without which a noun may say nothing ("this year").
    """
    article = one.article
    english = article.language is None or article.language.lower().startswith("en")
    entities = set(ontology.labels) - set(ontology.trigger_names)
    for span in one.spans:
        words = article.text[span.start : span.end]
        faults = [
            ("inside-word", _inside_word(article.text, span)),
            ("break-inside", "a sentence or line ends inside" if _SENTENCE_END.search(words) else ""),
            ("edge-punctuation", _punctuation(words)),
            ("determiner", _determiner(article.text, span) if english and span.label in entities else ""),
        ]
        for kind, fault in faults:
            if fault:
                weak = kind == "determiner" and words.split()[0].lower() in _WEAK
                yield Finding(
                    kind, article.id, f"{span.label}: {fault}", span.start, span.end, words, 0.0 if weak else 1.0
                )


def _inside_word(text: str, span: Span) -> str:
    if span.start and text[span.start - 1].isalnum() and text[span.start].isalnum():
        return f"begins inside a word, after {text[span.start - 1]!r}"
    if span.end < len(text) and text[span.end - 1].isalnum() and text[span.end].isalnum():
        return f"ends inside a word, before {text[span.end]!r}"
    return ""


def _punctuation(words: str) -> str:
    if words.endswith(("'s", "’s")) and words[:-2].strip():
        return "ends with a possessive"
    first, last = words[0], words[-1]
    if _is_punctuation(first) and first not in _MAY_BEGIN and not _closed_inside(words):
        return f"begins with {first!r}"
    opened = last in _PAIRS and _PAIRS[last] in words[:-1] and words[0] != _PAIRS[last]
    if _is_punctuation(last) and last not in _MAY_END and not opened and not _ABBREVIATION.search(words):
        return f"ends with {last!r}"
    return ""


def _closed_inside(words: str) -> bool:
    """Whether what the first character opens is closed before the end, as in "(Free) Army"."""
    closing = next((end for end, begin in _PAIRS.items() if begin == words[0]), None)
    return closing is not None and closing in words[1:-1]


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] == "P"


def _determiner(text: str, span: Span) -> str:
    first = re.match(r"[^\W\d_]+(?=\s)", text[span.start : span.end])
    if first is None or first[0].lower() not in DETERMINERS:
        return ""
    before = text[: span.start].rstrip(" \t")
    begins_sentence = not before or before[-1] in '.!?\n:“"‘('
    if first[0] != first[0].lower() and not begins_sentence:
        return ""  # a capital inside a sentence: part of a name, such as The Hague
    if _MEASURES.fullmatch(" ".join(text[span.start : span.end].split())):
        return ""
    return f"begins with {first[0]!r}"


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
KNOWN = {
    "weekday": rf"\b(?:{_DAYS})day\b",
    # March and May are words of their own: they count beside a number, or after a preposition
    "month": rf"\b(?:{_MONTHS})\b|\b\d{{1,2}} (?:March|May)\b|\b(?:March|May) \d{{1,4}}\b|(?:{_AFTER})(?:March|May)\b",
    "people": rf"\b({_NUMBER})(?: of)?(?: (?!and\b|or\b|to\b)[a-z-]+)? (?:{_PEOPLE})\b",
}
"""By name the expression; a group in it is what should be labelled."""


def unlabelled_patterns(gold: Iterable[AnnotatedArticle], ontology: Ontology) -> Iterator[Finding]:
    """Matches of the ontology's patterns that no span touches, in articles whose annotator could use the label."""
    compiled = [
        (label, name, re.compile(expression_of(name) or KNOWN[name]))
        for label, names in ontology.checks.patterns.items()
        for name in names
    ]
    for one in gold:
        text = one.article.text
        english = one.article.language is None or one.article.language.lower().startswith("en")
        for label, name, expression in compiled:
            if label not in one.labels_annotated or (name in KNOWN and not english):
                continue
            for match in expression.finditer(text):
                group = 1 if expression.groups and match[1] is not None else 0
                start, end = match.span(group)
                if start < end and not any(span.start < end and start < span.end for span in one.spans):
                    message = f"not labelled; looks like {label} ({name}): {match[0]!r}"
                    yield Finding("unlabelled-pattern", one.article.id, message, start, end, text[start:end])
