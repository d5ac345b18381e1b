"""The fields of an article under the names that other programs and people give them.

Comes in: the names of a file's columns or keys. Goes out: which of them is which field of ours, and one line that says
so. A name is taken for a field only where no column has the field's own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eventcorpus.articles.rows import FIELDS
from eventcorpus.text import listed

ADDRESSES = "download the pages (for example with trafilatura) and give their JSON"
"""The way out where there are addresses of articles and no texts."""
_NAMES: dict[str, tuple[str, ...]] = {
    name: tuple(words.split())
    for name, words in {
        "id": "articleid guid uuid docid documentid",
        "text": "maintext articletext fulltext articlebody bodytext contenttext body content article story",
        "title": "headline webtitle articletitle",
        "outlet": "sitename sourcehostname metasitename hostname sourcedomain publication publisher newspaper",
        "url": "link weburl articleurl sourceurl canonicalurl",
        "published": "publishdate datepublish datepublished publisheddate publicationdate publishedat publishedon "
        "pubdate webpublicationdate date",
        "language": "lang metalang",
        "licence": "license",
    }.items()
}
"""Field -> names that mean it everywhere, in lower case and letters and digits only; the first that is there counts."""
_RAW = "rawtext"
"""What trafilatura calls the text before it was cut into paragraphs: the text where there is no other."""


class _Program(NamedTuple):
    """A program or data set whose columns (``told_by``) give other names a meaning."""

    title: str
    told_by: frozenset[str]
    names: Mapping[str, str]


_PROGRAMS = (
    _Program(
        "an ACLED table",
        frozenset({"eventidcnty", "eventdate", "notes"}),
        {"id": "eventidcnty", "text": "notes", "published": "eventdate"},
    ),
    _Program(
        "a UCDP table",
        frozenset({"typeofviolence", "sourcearticle"}),
        {"text": "sourcearticle", "title": "sourceheadline", "published": "datestart"},
    ),
    _Program("trafilatura's JSON", frozenset({"fingerprint", "hostname", "source"}), {"url": "source"}),
)


class Naming(NamedTuple):
    """How the columns of a file are named.

    Attributes:
        field_of: their name -> ours; columns that are not in it are no fields.
        said: what people should know, empty where the names are ours or were given.
        fault: why none of the columns is the text; empty if one is.
    """

    field_of: Mapping[str, str]
    said: str = ""
    fault: str = ""


def naming_of(columns: Sequence[str], field_map: Mapping[str, str], *, way_out: str) -> Naming:
    """Find the fields among columns.

    Args:
        field_map: from our field names to columns, as ``--field`` gives them; goes before everything else.
        way_out: how people say which column is the field {}.
    """
    plain = {column: _plain(column) for column in columns}
    words = set(plain.values())
    field_of = {column: name for name, column in field_map.items()}
    if "text" in field_map and field_map["text"] not in plain:
        return Naming(field_of, fault=f"no column {field_map['text']!r}; there are {listed(columns, most=20)}")
    program = next((program for program in _PROGRAMS if program.told_by <= words), None)
    renamed: list[str] = []
    for name in (name for name in FIELDS if name not in field_map):
        in_program = program.names.get(name) if program else None
        if name in plain and in_program not in words:
            field_of.setdefault(name, name)
            continue
        free = {word: column for column, word in reversed(plain.items()) if column not in field_of}
        wanted = [in_program] if in_program else [name, *_NAMES.get(name, ())]
        found = [free[word] for word in wanted if word in free]
        if name == "text" and not found:
            found = [free[_RAW]] if _RAW in free else []
        if found and not (name == "text" and len(found) > 1 and name not in free):  # which is the text is not guessed
            field_of[found[0]] = name
            renamed += [f"{found[0]} as {name}"] if plain[found[0]] != name else []
    if "text" not in field_of.values():
        return Naming(field_of, fault=_fault(columns, "url" in field_of.values(), way_out))
    how = f"read as {program.title}" if program else "read"
    return Naming(field_of, ", ".join([how, *renamed]) if renamed else "")


def _fault(columns: Sequence[str], has_address: bool, way_out: str) -> str:
    if "data" in columns and {"annotations", "completions"} & set(columns):
        return "a task of Label Studio with its annotations, and no article: eventcorpus convert reads it"
    addresses = f"; if it has addresses only, {ADDRESSES}" if has_address else ""
    there = listed(columns, most=20)
    way_out = way_out.format("text")
    return f"an article without text; there are {there}; if one of them is the text: {way_out}{addresses}"


def is_field_name(name: str, field: str | None = None) -> bool:
    """Whether a column of this name would be taken for a field, or for this one.

    >>> is_field_name("Publish_Date"), is_field_name("maintext", "text"), is_field_name("notes")
    (True, True, False)
    """
    word = _plain(name)
    names = _NAMES | {"text": (*_NAMES["text"], _RAW)}
    return any(word == each or word in names.get(each, ()) for each in ((field,) if field else FIELDS))


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())
