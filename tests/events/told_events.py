"""Short texts with their mentions marked in the inline notation, as articles with linked mentions and as event rows.

``[Rebels](Actor#r) [shelled](Explosion agent=r place=h) [Homs](Place#h).`` The marks are read as gold annotations are,
and must follow the rules of the ontology.
"""

from __future__ import annotations

from functools import cache

from eventcorpus.annotation.rules import violations
from eventcorpus.events.assembly import Normalisers, event_rows
from eventcorpus.events.linked_articles import annotated_mentions_of
from eventcorpus.events.rows import Row
from eventcorpus.formats.inline import read_inline
from eventcorpus.labelstudio.config import load_ontology
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Article, Mention

ONTOLOGY = load_ontology()
PUBLISHED = "2018-04-25"
"""A Wednesday."""


@cache
def shipped() -> Normalisers:
    """What gives words their meaning, without files of the user's; the lists of places are read once."""
    return Normalisers.read([], None)


def told(
    marked: str,
    *,
    name: str = "a",
    published: str | None = PUBLISHED,
    title: str | None = None,
    outlet: str | None = None,
    ontology: Ontology = ONTOLOGY,
) -> tuple[Article, list[Mention]]:
    """The article and its mentions."""
    header = {"published": published, "title": title, "outlet": outlet}
    lines = [f"{key}: {value}\n" for key, value in header.items() if value is not None]
    (annotated,) = read_inline(f"=== {name}\n{''.join(lines)}\n{marked}\n", ontology, place="here")
    assert list(violations(annotated, ontology)) == []
    return annotated.article, annotated_mentions_of(annotated, ontology)


def rows_of(
    marked: str,
    *,
    name: str = "a",
    published: str | None = PUBLISHED,
    title: str | None = None,
    outlet: str | None = None,
    ontology: Ontology = ONTOLOGY,
    normalisers: Normalisers | None = None,
) -> list[Row]:
    """The event rows of a text."""
    article, mentions = told(marked, name=name, published=published, title=title, outlet=outlet, ontology=ontology)
    return event_rows(article, mentions, ontology, normalisers or shipped())


def row_of(marked: str, *, published: str | None = PUBLISHED, normalisers: Normalisers | None = None) -> Row:
    """The only row of a text."""
    (row,) = rows_of(marked, published=published, normalisers=normalisers)
    return row


def words_of(row: Row, role: str) -> list[str]:
    """The words of the arguments of a role."""
    return [argument.words.text for argument in row.arguments.get(role, ())]


def meaning_of(row: Row, role: str, key: str) -> list[object]:
    """What the arguments of a role mean: a key of each, None where it is not known."""
    return [argument.normalised.get(key) for argument in row.arguments.get(role, ())]
