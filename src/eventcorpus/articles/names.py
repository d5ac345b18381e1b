"""The fields of an article under the names that other programs and people give them.

Comes in: the names of a file's columns or keys. Goes out: which of them is which field of ours, and one line that says
so. A name is taken for a field only where no column has the field's own name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eventcorpus.articles.report import NotRead
from eventcorpus.articles.rows import FIELDS

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


@dataclass(frozen=True)
class _Source:
    """Names that mean a field only beside others: those of one program or data set."""

    title: str
    told_by: frozenset[str]
    names: Mapping[str, str]


_SOURCES = (
    _Source(
        "an ACLED table",
        frozenset({"eventidcnty", "eventdate", "notes"}),
        {"id": "eventidcnty", "text": "notes", "published": "eventdate"},
    ),
    _Source(
        "a UCDP table",
        frozenset({"typeofviolence", "sourcearticle"}),
        {"text": "sourcearticle", "title": "sourceheadline", "published": "datestart"},
    ),
    _Source("trafilatura's JSON", frozenset({"fingerprint", "hostname", "source"}), {"url": "source"}),
)


@dataclass(frozen=True)
class Naming:
    """How the columns of a file are named.

    Attributes:
        field_of: their name -> ours; columns that are not in it are no fields.
        said: what people should know, empty where the names are ours or were given.
    """

    field_of: Mapping[str, str]
    said: str = ""


def naming_of(columns: Sequence[str], field_map: Mapping[str, str], *, way_out: str) -> Naming:
    """Find the fields among columns.

    Args:
        field_map: from our field names to columns, as ``--field`` gives them; goes before everything else.
        way_out: how people say which column is the field {}.

    Raises:
        NotRead: if none of the columns is the text. The caller knows the place.
    """
    plain = {column: _plain(column) for column in columns}
    field_of = {column: name for name, column in field_map.items()}
    if "text" in field_map and field_map["text"] not in plain:
        raise NotRead(f"no column {field_map['text']!r}; there are {listed(columns)}")
    said: list[str] = []
    source = next((source for source in _SOURCES if source.told_by <= set(plain.values())), None)
    for name in FIELDS:
        if name in field_map:
            continue
        if name in plain and not (source and source.names.get(name) in plain.values()):
            field_of.setdefault(name, name)
            continue
        theirs = _column_of(name, plain, source, taken=field_of)
        if theirs is not None:
            field_of[theirs] = name
            if _plain(theirs) != name:
                said.append(f"{theirs} as {name}")
    if "text" not in field_of.values() and "data" in plain and {"annotations", "completions"} & plain.keys():
        raise NotRead("a task of Label Studio with its annotations, and no article: eventcorpus convert reads it")
    if "text" not in field_of.values():
        addresses = f"; if it has addresses only, {ADDRESSES}" if "url" in field_of.values() else ""
        raise NotRead(
            f"an article without text; there are {listed(columns)}; if one of them is the text: "
            f"{way_out.format('text')}{addresses}"
        )
    return Naming(field_of, _said(said, source))


def _column_of(name: str, plain: Mapping[str, str], source: _Source | None, *, taken: Mapping[str, str]) -> str | None:
    """The column of a field that no column is called like."""
    wanted = [source.names[name]] if source and name in source.names else [name, *_NAMES.get(name, ())]
    free: dict[str, str] = {}
    for column, word in plain.items():
        if column not in taken:
            free.setdefault(word, column)
    found = [free[word] for word in wanted if word in free]
    if not found and name == "text" and _RAW in free:
        return free[_RAW]
    if name == "text" and len(found) > 1 and _plain(found[0]) != name:
        return None
    return found[0] if found else None


def is_field_name(name: str, field: str | None = None) -> bool:
    """Whether a column of this name would be taken for a field, or for this one.

    >>> is_field_name("Publish_Date"), is_field_name("maintext", "text"), is_field_name("notes")
    (True, True, False)
    """
    word = _plain(name)
    names = _NAMES | {"text": (*_NAMES["text"], _RAW)}
    return any(word == each or word in names.get(each, ()) for each in ((field,) if field else FIELDS))


def _said(said: Sequence[str], source: _Source | None) -> str:
    if not said:
        return ""
    return f"read{f' as {source.title}' if source else ''}, {', '.join(said)}"


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def listed(columns: Iterable[str], *, most: int = 20) -> str:
    """The names of columns in one line."""
    names = list(map(str, columns))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
