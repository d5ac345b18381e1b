"""One annotation: rules of the ontology, the roles it expects, and where spans begin and end."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from eventcorpus.annotation.rules import role_violation
from eventcorpus.corpus.checks.findings import Finding, finding_at, is_english
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span

_DEMONSTRATIVE = re.compile("this|that|these|those|each|every|another|such|both|either|neither", re.IGNORECASE)
"""And the like: without them a noun may say nothing ("this year")."""
_DETERMINER = re.compile(rf"an?|the|my|our|your|his|her|its|their|any|{_DEMONSTRATIVE.pattern}", re.IGNORECASE)
"""English; possessive pronouns among them. "all", "some" and "many" are hedges of numbers, and not here."""
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


def rule_findings(annotated: AnnotatedArticle, ontology: Ontology) -> Iterator[Finding]:
    """Roles and event links that the ontology does not allow, and attributes that must be set and are not."""
    by_id = {span.id: span for span in annotated.spans}
    for role in annotated.roles:
        violation = role_violation(role, by_id, ontology)
        if violation is None:
            continue
        trigger, argument = by_id[role.trigger], by_id[role.argument]
        kind = "event-link" if role.role == ontology.event_link else "signature"
        words = annotated.article.text[argument.start : argument.end]
        message = f"{role.role} from {trigger.label} to {argument.label} {words!r} at {argument.start}: {violation}"
        yield finding_at(trigger, annotated, kind, message)
    for span in annotated.spans:
        given = dict(span.attributes)
        for attribute in ontology.attributes_of(span.label):
            if attribute.default is None and attribute.values and attribute.name not in given:
                values = ", ".join(value.name for value in attribute.values)
                message = f"{span.label} without {attribute.name} ({values})"
                yield finding_at(span, annotated, "attribute-missing", message)


def role_findings(annotated: AnnotatedArticle, ontology: Ontology) -> Iterator[Finding]:
    """Triggers without any role, and triggers without any of the roles that their label expects.

    An expected role may be linked to another trigger of the same event: nobody needs to link it twice.
    """
    roles: defaultdict[str, set[str]] = defaultdict(set)
    linked = {role.argument for role in annotated.roles if role.role == ontology.event_link}
    for role in annotated.roles:
        roles[role.trigger].add(role.role)
    of_event = {
        trigger: set().union(*(roles[other] for other in event.triggers))
        for event in annotated.events
        for trigger in event.triggers
    }
    for span in annotated.spans:
        if span.label not in ontology.trigger_names:
            continue
        expected = ontology.checks.expects.get(span.label, ())
        if expected and not of_event.get(span.id, roles[span.id]) & set(expected):
            yield finding_at(span, annotated, "expected-role", f"{span.label} without {' or '.join(expected)}")
        if not roles[span.id] and ontology.roles:
            alone = span.id not in linked
            message = f"{span.label} without any role" + ("" if alone else ", though another trigger is linked to it")
            yield finding_at(span, annotated, "no-role", message, score=float(alone))


def edge_findings(annotated: AnnotatedArticle, ontology: Ontology) -> Iterator[Finding]:
    """Look at the edges of every span; in English articles also for determiners at entities.

    A determiner that counts ("a dozen", "an hour later") or dates ("this morning") is no finding. The score is 1, and 0
    for demonstratives and the like, without which a noun may say nothing ("this year").
    """
    article, english = annotated.article, is_english(annotated.article)
    for span in annotated.spans:
        words = article.text[span.start : span.end]
        looks_wrong = {
            "inside-word": _inside_word(article.text, span),
            "break-inside": "a sentence or line ends inside" if _SENTENCE_END.search(words) else "",
            "edge-punctuation": _punctuation(words),
            "determiner": _determiner(article.text, span) if english and span.label in ontology.entity_names else "",
        }
        for kind, why in looks_wrong.items():
            if why:
                is_weak = kind == "determiner" and _DEMONSTRATIVE.fullmatch(words.split()[0]) is not None
                score = 0.0 if is_weak else 1.0
                yield finding_at(span, annotated, kind, f"{span.label}: {why}", score=score)


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
    closed = any(begin == first and end in words[1:-1] for end, begin in _PAIRS.items())  # as in "(Free) Army"
    begins, ends = (unicodedata.category(character)[0] == "P" for character in (first, last))
    if begins and first not in _MAY_BEGIN and not closed:
        return f"begins with {first!r}"
    opened = last in _PAIRS and _PAIRS[last] in words[:-1] and words[0] != _PAIRS[last]
    if ends and last not in _MAY_END and not opened and not _ABBREVIATION.search(words):
        return f"ends with {last!r}"
    return ""


def _determiner(text: str, span: Span) -> str:
    first = re.match(r"[^\W\d_]+(?=\s)", text[span.start : span.end])
    if first is None or not _DETERMINER.fullmatch(first[0]):
        return ""
    before = text[: span.start].rstrip(" \t")
    begins_sentence = not before or before[-1] in '.!?\n:“"‘('
    if first[0] != first[0].lower() and not begins_sentence:
        return ""  # a capital inside a sentence: part of a name, such as The Hague
    if _MEASURES.fullmatch(" ".join(text[span.start : span.end].split())):
        return ""
    return f"begins with {first[0]!r}"
