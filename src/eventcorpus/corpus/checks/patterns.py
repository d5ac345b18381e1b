"""Words that look like a label's (a weekday, a number of people) and that nobody labelled.

Which label a pattern belongs to stands in the ontology (``checks.patterns``); the patterns known by name are English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from eventcorpus.corpus.checks.kinds import Finding
from eventcorpus.ontology import Ontology
from eventcorpus.ontology_checks import expression_of
from eventcorpus.schema import AnnotatedArticle

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
