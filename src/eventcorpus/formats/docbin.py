"""DocBin (``.spacy``), the binary format of spaCy 3: compressed msgpack of arrays, read without making ``Doc`` objects.

Comes in: one file. Goes out: rows with a text, entities and span groups. Nothing is unpickled, and what spaCy would
have to believe (positions of tokens in its own memory) is checked here. Needs the extra ``spacy``, whose hashes stand
for strings.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from eventcorpus.errors import InputError
from eventcorpus.files import opened
from eventcorpus.formats.spans_in_json import RawSpan, Row

ARTICLE = "article"
"""The key in ``Doc.user_data`` under which ``eventcorpus export`` writes id and metadata of an article."""
_MOST_BYTES = 1 << 33
"""What a file may be when it is no longer compressed."""
_SPAN = struct.Struct(">QQQllll")
"""A span of a group: id, kb_id, label, start and end in tokens, in characters."""
_OUTSIDE, _INSIDE, _BEGIN = 2, 1, 3
"""How spaCy numbers IOB; 0 is unknown."""
MAIN_GROUP = "sc"
"""The group that spaCy's span categorizer uses; spans of other groups keep the group's name as an attribute."""


class _Damaged(Exception):
    pass


_UNREADABLE = (_Damaged, ValueError, TypeError, LookupError, AttributeError, OverflowError, struct.error, zlib.error)


def rows_of_docbin(path: Path) -> Iterator[Row]:
    """The documents of a file.

    Raises:
        InputError: if it is no DocBin, or damaged; if the library is not installed.
    """
    if find_spec("spacy") is None:
        raise InputError(f"{path}: a DocBin needs the library spacy: pip install 'eventcorpus[spacy]'")
    try:
        message = _unpacked(path)
        yield from _rows(message)
    except _UNREADABLE as fault:
        why = str(fault) if isinstance(fault, _Damaged) else type(fault).__name__
        raise InputError(
            f"{path}: not a DocBin that can be read ({why}); write it again with spacy.tokens.DocBin(docs=docs).to_disk"
        ) from None


def _unpacked(path: Path) -> dict[str, Any]:
    import srsly.msgpack

    with opened(path) as file:
        content = file.read()
    unzip = zlib.decompressobj()
    data = unzip.decompress(content, _MOST_BYTES)
    if unzip.unconsumed_tail:
        raise _Damaged(f"more than {_MOST_BYTES:,} bytes")
    # with a hook of ours srsly makes no arrays of what says it is one
    message = srsly.msgpack.unpackb(data, raw=False, object_pairs_hook=dict)
    if not isinstance(message, dict):
        raise _Damaged("no object")
    return message


def _rows(message: Mapping[str, Any]) -> Iterator[Row]:
    from spacy.attrs import IDS
    from spacy.strings import StringStore

    strings = StringStore([string for string in message["strings"] if isinstance(string, str)])
    attributes: list[int] = message["attrs"]
    lengths = np.frombuffer(message["lengths"], dtype="int32")
    tokens = np.frombuffer(message["tokens"], dtype="uint64").reshape(-1, len(attributes))
    spaces = np.frombuffer(message["spaces"], dtype="uint8")
    if lengths.sum() != len(tokens) or len(spaces) != len(tokens) or (lengths < 0).any():
        raise _Damaged("lengths that do not fit the tokens")
    column = {name: attributes.index(IDS[name]) for name in ("ORTH", "ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "ENT_ID")
              if IDS[name] in attributes}  # fmt: skip
    flags, groups, cats = (message.get(key) or [] for key in ("flags", "span_groups", "cats"))
    user_data = message.get("user_data") or []
    at = 0
    for n, length in enumerate(lengths.tolist()):
        own = {name: tokens[at : at + length, i].tolist() for name, i in column.items()}
        blank_after = spaces[at : at + length].tolist()
        at += length
        words = [strings[word] for word in own["ORTH"]]
        is_loose = n < len(flags) and bool(flags[n].get("has_unknown_spaces"))
        text, places = _text(words, [1] * length if is_loose else blank_after)
        in_groups = _groups(groups[n] if n < len(groups) else b"", places, strings)
        spans = merged([[*_entities(own, places, strings)], *in_groups])
        is_known = any(own.get("ENT_IOB", ())) or bool(spans)
        about, is_lost = _user_data(user_data[n] if n < len(user_data) else None)
        lost = ["user_data"] if is_lost else []
        lost += ["the blanks between words (unknown)"] if is_loose else []
        about |= {"categories": cats[n]} if n < len(cats) and cats[n] else {}
        yield Row(f"document {n + 1}", text, spans, about=about, is_annotated=is_known, lost=lost, is_by_words=True)


def _user_data(packed: bytes | None) -> tuple[dict[str, Any], bool]:
    """What ``eventcorpus export`` says of an article in ``Doc.user_data``; and whether anything else is there."""
    import srsly.msgpack

    if not packed:
        return {}, False
    try:
        # keys of others are often lists, which only as tuples are keys
        data = srsly.msgpack.unpackb(packed, raw=False, use_list=False, strict_map_key=False, object_pairs_hook=dict)
        own = data.get(ARTICLE)
        if not isinstance(own, dict):
            return {}, bool(data)
        about: dict[str, Any] = {key: list(value) if isinstance(value, tuple) else value for key, value in own.items()}
        if "metadata" in about:
            about["metadata"] = json.loads(about["metadata"])
    except _UNREADABLE:
        return {}, True
    return about, len(data) > 1


def _text(words: Sequence[str], blank_after: Sequence[int]) -> tuple[str, list[tuple[int, int]]]:
    """The text, and where each word stands in it."""
    places: list[tuple[int, int]] = []
    parts: list[str] = []
    at = 0
    for word, blank in zip(words, blank_after, strict=True):
        places.append((at, at + len(word)))
        parts.append(word + " " if blank else word)
        at += len(parts[-1])
    return "".join(parts), places


def _entities(own: Mapping[str, Sequence[int]], places: Sequence[tuple[int, int]], strings: Any) -> Iterator[RawSpan]:
    """The entities, as ``Doc.ents`` has them."""
    iob, types = own.get("ENT_IOB"), own.get("ENT_TYPE")
    if iob is None or types is None:
        return
    start = -1
    for i, tag in enumerate([*iob, _OUTSIDE]):
        if tag == _INSIDE and start >= 0:
            continue
        if start >= 0:
            of = {name: strings[own[name][start]] for name in ("ENT_KB_ID", "ENT_ID") if name in own}
            pairs = (("kb_id", of.get("ENT_KB_ID")), ("id", of.get("ENT_ID")))
            attributes = tuple((name, value) for name, value in pairs if value)
            yield RawSpan(places[start][0], places[i - 1][1], strings[types[start]], attributes=attributes)
        start = i if tag in (_BEGIN, _INSIDE) and i < len(types) and types[i] else -1


def _groups(packed: bytes, places: Sequence[tuple[int, int]], strings: Any) -> Iterator[list[RawSpan]]:
    """The spans of each group; what is packed are the bytes of each group, and the keys under which it stands."""
    import srsly.msgpack

    found = srsly.msgpack.unpackb(packed, raw=False, object_pairs_hook=list, strict_map_key=False) if packed else []
    for item in found:
        one, keys = item if isinstance(item, list | tuple) else (item, None)
        group = srsly.msgpack.unpackb(one, raw=False, object_pairs_hook=dict)
        for key in keys if keys is not None else [group["name"]]:
            spans: list[RawSpan] = []
            for span in group["spans"]:
                id_, kb_id, label, start, end, _, _ = _SPAN.unpack(span)
                if not 0 <= start < end <= len(places):
                    raise _Damaged(f"a span from token {start} to {end} of {len(places)}")
                of_group = "" if key == MAIN_GROUP else str(key)
                pairs = (("kb_id", strings[kb_id]), ("id", strings[id_]), ("group", of_group))
                attributes = tuple((name, value) for name, value in pairs if value)
                spans.append(RawSpan(places[start][0], places[end - 1][1], strings[label], attributes=attributes))
            yield spans


def merged(groups: Iterable[Sequence[RawSpan]]) -> list[RawSpan]:
    """The spans of groups; one that an earlier group has is this span again, which gets the attributes of both."""
    found: list[RawSpan] = []
    before: dict[tuple[str, ...], int] = {}
    for group in groups:
        here: dict[tuple[str, ...], int] = {}
        for span in group:
            key = (repr(span.start), repr(span.end), repr(span.label))
            if key not in before:
                here.setdefault(key, len(found))
                found.append(span)
                continue
            first = found[before[key]]
            more = tuple(pair for pair in span.attributes if pair not in first.attributes)
            found[before[key]] = first._replace(attributes=(*first.attributes, *more))
        before |= here
    return found
